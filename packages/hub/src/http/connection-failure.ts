import { errorCode, isError } from "@onestep/core/internal";
import { ConnectionError } from "../errors.ts";

const descriptions: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "a TLS certificate that has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "a self-signed TLS certificate",
  EAI_AGAIN: "no response from the name server",
  ECONNREFUSED: "a refused connection",
  ECONNRESET: "a connection that the server closed",
  EHOSTUNREACH: "no way to the host",
  ENETUNREACH: "no network",
  ENOTFOUND: "an unknown host name",
  EPIPE: "a connection that the server closed",
  EPROTO: "a response that is not TLS",
  ERR_SSL_WRONG_VERSION_NUMBER: "a response that is not TLS",
  ERR_TLS_CERT_ALTNAME_INVALID: "a TLS certificate for another host",
  ETIMEDOUT: "no response in time",
  HPE_INVALID_CONSTANT: "a response that is not HTTP",
  HPE_INVALID_VERSION: "a response that is not HTTP",
  SELF_SIGNED_CERT_IN_CHAIN: "a self-signed TLS certificate",
  UNABLE_TO_GET_ISSUER_CERT: "a TLS certificate of an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "a TLS certificate of an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "a TLS certificate that cannot be verified",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_SOCKET: "a connection that the server closed",
};

/** The server is unreachable, for now or permanently. */
const unreachable = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The connection was established, then lost. */
const cut = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** Failures that a retry does not fix. */
const permanent =
  /CERT|SIGNATURE|^EPROTO$|^ERR_(?:INVALID|TLS|SSL)|^HPE_INVALID_(?:CONSTANT|METHOD|STATUS|VERSION)|^UND_ERR_INVALID|^UND_ERR_NOT_SUPPORTED/;

/** What is known in addition to the error. */
interface FailureContext {
  /** Whether a retry may help, if the caller knows. */
  readonly retry?: ConnectionError["retry"] | undefined;
  /** Whether the response had begun, which means that the server is reachable. `false` by default. */
  readonly hasBegun?: boolean | undefined;
  /** What sent the request; the platform's by default. */
  readonly fetch?: typeof fetch | undefined;
}

/** Converts an error from `fetch`, or from reading its body, to a typed error. */
export function toConnectionError(url: URL, error: unknown, context: FailureContext = {}): ConnectionError {
  const { hasBegun = false, retry } = context;
  const code = findCode(error);
  const description = code === undefined ? undefined : descriptions[code];
  const message = describeCause(error);
  const refusal = proxyRefusal(message);
  const found = code === undefined ? message : description === undefined ? code : `${description} (${code})`;
  const isOwnFetch = context.fetch === undefined || context.fetch === globalThis.fetch;
  const problem = { found, remedy: connectionRemedy({ url, code, isOwnFetch }), ...refusal };
  return new ConnectionError(
    {
      subject: describeUrl(url),
      found: problem.found,
      expected: "a response from the server",
      remedy: problem.remedy,
    },
    { cause: error, retry: retry ?? refusal?.retry ?? chanceOf(code, error, hasBegun) },
  );
}

/** The error for an `http:` address at which the server speaks TLS. */
export function toProtocolError(url: URL, cause: unknown): ConnectionError {
  return new ConnectionError(
    {
      subject: describeUrl(url),
      found: "a server that speaks TLS at this port",
      expected: "one that speaks plain HTTP",
      remedy: `Write https://${url.host} in the address (HF_ENDPOINT).`,
    },
    { cause, retry: "never" },
  );
}

/** An error without a code is a network failure if `fetch` reports it as a TypeError. */
function chanceOf(code: string | undefined, error: unknown, hasBegun: boolean): ConnectionError["retry"] {
  if (code === undefined) {
    if (!isTypeError(error)) return "never";
    // When Node itself rejects an address or a response, the error has a cause; browsers give no details.
    if (!hasBegun && isError(error.cause)) return "never";
    return hasBegun ? chanceInBrowser() : "perhaps";
  }
  if (permanent.test(code)) return "never";
  return unreachable.has(code) ? "perhaps" : "soon";
}

/** Browsers do not say why a request failed, but may know that there is no network. */
function chanceInBrowser(): ConnectionError["retry"] {
  return globalThis.navigator?.onLine === false ? "perhaps" : "soon";
}

/** Node's `fetch` does not return a response with status 407; its message is always "fetch failed". */
function describeCause(error: unknown): string {
  if (!isError(error)) return String(error);
  const { cause, message } = error;
  if (!isTypeError(error) || !isError(cause)) return message;
  if (cause.message === "" && message === "fetch failed") return "Proxy authentication required";
  const ofProxy = findMessage(cause, /^Proxy response \(/);
  return ofProxy ?? (cause.message === "" ? message : cause.message);
}

/** What `fetch` throws if there is no response, from any realm. */
function isTypeError(error: unknown): error is TypeError {
  return isError(error) && error.name === "TypeError";
}

/** The first message that matches a pattern in an error and its causes. */
function findMessage(error: unknown, form: RegExp, depth = 0): string | undefined {
  if (!isError(error) || depth > 5) return undefined;
  return form.test(error.message) ? error.message : findMessage(error.cause, form, depth + 1);
}

/** Whether an error means that the server cut the connection. Browsers do not report this, and retry by themselves. */
export function isCut(error: unknown): boolean {
  return ConnectionError.isInstance(error) && cut.has(findCode(error.cause) ?? "");
}

/** Whether an error means that the server's certificate is not accepted. */
export function isCertificateFault(error: unknown): boolean {
  return /CERT|SIGNATURE/.test(findCode(error) ?? "");
}

/** The error for a server that stays silent. */
export function toTimeoutError(url: URL, seconds: number, variable: string): ConnectionError {
  return new ConnectionError({
    subject: describeUrl(url),
    found: `no data for ${seconds} s`,
    expected: "a response from the server",
    remedy: `${connectionRemedy({ url, code: "ETIMEDOUT", isOwnFetch: true })} Set ${variable} to wait for longer.`,
  });
}

/** The first code (`ECONNREFUSED`) in an error, its causes and, if several addresses were tried, their errors. */
function findCode(error: unknown, depth = 0): string | undefined {
  if (!isError(error) || depth > 5) return undefined;
  const code = errorCode(error);
  if (code !== undefined) return code;
  if ("errors" in error && Array.isArray(error.errors)) return findCode(error.errors[0], depth + 1);
  return findCode(error.cause, depth + 1);
}

/** What is known about a failure. */
interface Failure {
  readonly url: URL;
  /** The error code, such as `ECONNREFUSED`, if the platform reports one. */
  readonly code: string | undefined;
  /** Whether `fetch` is the platform's own, which environment variables may affect. */
  readonly isOwnFetch: boolean;
}

const useCache = "pass localFilesOnly: true to use only what is cached.";
const untrusted = /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|^CERT_(?:UNTRUSTED|SIGNATURE)/;
const noWay = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/** What to do about a request that reached no server, or the wrong one. */
export function connectionRemedy(failure: Failure): string {
  const { code, url } = failure;
  if (code === undefined && !isNode()) return browserRemedy(url);
  if (code !== undefined && untrusted.test(code)) {
    return `If your company or a proxy uses its own certificate authority, set NODE_EXTRA_CA_CERTS to its certificate (a PEM file) before Node starts; ${useCache}`;
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return `Check the clock of this machine, and contact the administrator of the server; ${useCache}`;
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `Check the address (HF_ENDPOINT); ${useCache}`;
  if (
    code === "ERR_SSL_WRONG_VERSION_NUMBER" ||
    code === "EPROTO" ||
    code === "ERR_SSL_PACKET_LENGTH_TOO_LONG"
  ) {
    return `The server does not seem to speak TLS there: try http://${url.host} in the address (HF_ENDPOINT).`;
  }
  if (code?.startsWith("HPE_")) {
    return `Another kind of server responds there; if it speaks TLS, try https://: check host, port and proxy of the address (HF_ENDPOINT).`;
  }
  const hint = code === undefined || noWay.has(code) ? proxyHint(failure) : "";
  return `Check the network, the proxy and the address (HF_ENDPOINT); ${useCache}${hint}`;
}

/** What to do if a proxy refused the connection; `undefined` for all other errors. */
function proxyRefusal(
  message: string,
): { readonly found: string; readonly remedy: string; readonly retry: ConnectionError["retry"] } | undefined {
  const status = /^Proxy response \((\d{3})\)/.exec(message)?.[1];
  if (message.includes("roxy authentication required") || status === "407") {
    return {
      found: "a proxy that asks for a user name and a password (HTTP 407)",
      remedy: "Write them into the proxy's address: HTTPS_PROXY=http://user:password@host:port.",
      retry: "never",
    };
  }
  if (status === undefined) return undefined;
  return {
    found: `a proxy that did not make the connection (HTTP ${status})`,
    remedy: "Ask the administrator of the proxy to allow the host, or add the host to NO_PROXY.",
    retry: status.startsWith("5") ? "soon" : "never",
  };
}

/** A page cannot find out why a request failed. */
function browserRemedy(url: URL): string {
  if (url.protocol === "http:" && globalThis.origin?.startsWith("https:") && !isLoopback(url.hostname)) {
    return "A page of https: may not ask an address of http: (mixed content): serve the files over https:.";
  }
  return [
    "A page cannot see the cause; the browser's console has more. The network may be down;",
    "the server may not allow pages of other origins (it has to send the header Access-Control-Allow-Origin, with",
    "errors and after redirects too); or the page's Content-Security-Policy may not allow the address (connect-src).",
  ].join(" ");
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

function isNode(): boolean {
  return globalThis.process?.versions?.node !== undefined;
}

/** A hint that the environment sets a proxy, and whether Node's `fetch` uses it. */
function proxyHint({ isOwnFetch, url }: Failure): string {
  const { env = {}, execArgv = [], versions } = globalThis.process ?? {};
  const scheme = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const names = [scheme, scheme.toLowerCase(), "ALL_PROXY", "all_proxy"];
  const name = names.find((variable) => (env[variable] ?? "") !== "");
  if (name === undefined || !isOwnFetch || isExcepted(url, env["no_proxy"] ?? env["NO_PROXY"] ?? ""))
    return "";
  const dispatcher: unknown = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1"));
  const isReplaced = typeof dispatcher === "object" && dispatcher?.constructor.name !== "Agent";
  const isSwitchedOn =
    env["NODE_USE_ENV_PROXY"] === "1" ||
    [...execArgv, ...(env["NODE_OPTIONS"] ?? "").split(" ")].includes("--use-env-proxy");
  if (isReplaced) return "";
  const [major = 0, minor = 0] = (versions?.node ?? "").split(".").map(Number);
  const isAble = major >= 24 || (major === 22 && minor >= 21);
  if (isAble && isSwitchedOn)
    return ` Requests go through the proxy that ${name} names: check that it responds.`;
  const how = isAble
    ? "set NODE_USE_ENV_PROXY=1 before Node starts"
    : `Node ${versions?.node} cannot: run Node 24 (or 22.21) with NODE_USE_ENV_PROXY=1`;
  return ` ${name} is set, and Node's fetch takes no notice of it: ${how}, or pass a fetch that goes through the proxy (option fetch).`;
}

/** Whether `NO_PROXY` names the host, or a domain that it belongs to. */
function isExcepted({ hostname, port }: URL, exceptions: string): boolean {
  return exceptions.split(/[\s,]+/).some((entry) => {
    const name = entry.replace(/^\*?\./, "").toLowerCase();
    if (name === "") return false;
    return name === "*" || [hostname, `${hostname}:${port}`].includes(name) || hostname.endsWith(`.${name}`);
  });
}

/** A URL for messages: without its query, which may contain a signature. */
export function describeUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
