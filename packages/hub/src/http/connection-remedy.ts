import type { ConnectionError } from "../errors/connection-error.ts";

/** What is known of a failure. */
export interface Failure {
  readonly url: URL;
  /** `ECONNREFUSED` and the like, where the platform says. */
  readonly code: string | undefined;
  /** Whether `fetch` is that of the platform, which the environment may govern. */
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

/** What to do about a request that found no server, or not the one that was meant. */
export function connectionRemedy(failure: Failure): string {
  const { code, url } = failure;
  if (code === undefined && !isNode()) return browserRemedy(url);
  if (code !== undefined && untrusted.test(code)) {
    return `Where a company or a proxy opens TLS with an authority of its own, name its certificate in NODE_EXTRA_CA_CERTS (a PEM file) before Node starts; ${useCache}`;
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return `Check the clock of this machine, and tell whoever runs the server; ${useCache}`;
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
    return `Another kind of server answers there, or one that speaks TLS (then try https://): check host, port and proxy of the address (HF_ENDPOINT).`;
  }
  const hint = code === undefined || noWay.has(code) ? proxyHint(failure) : "";
  return `Check the network, the proxy and the address (HF_ENDPOINT); ${useCache}${hint}`;
}

/** What to do where a proxy refused to make the connection; `undefined` for all other errors. */
export function proxyRefusal(
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
    remedy: "Ask whoever runs the proxy whether the host may be reached, or name the host in NO_PROXY.",
    retry: status.startsWith("5") ? "soon" : "never",
  };
}

/** A page is not told why a request failed. */
function browserRemedy(url: URL): string {
  if (url.protocol === "http:" && globalThis.origin?.startsWith("https:") && !isLoopback(url.hostname)) {
    return "A page of https: may not ask an address of http: (mixed content): serve the files over https:.";
  }
  return [
    "A page is not told why; the browser's console says more. The network may be down;",
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

/** That a proxy is named in the environment, and whether Node's `fetch` takes notice of it. */
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
    return ` Requests go through the proxy that ${name} names: check that it answers.`;
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
