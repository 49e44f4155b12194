import { errorCode, isError } from "@onestep/core";
import { ConnectionError } from "../errors/connection-error.ts";
import { connectionRemedy, proxyRefusal } from "./connection-remedy.ts";
import { describeUrl } from "./describe-url.ts";

const descriptions: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "a TLS certificate that has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "a self-signed TLS certificate",
  EAI_AGAIN: "no answer from the name server",
  ECONNREFUSED: "a refused connection",
  ECONNRESET: "a connection that the server closed",
  EHOSTUNREACH: "no way to the host",
  ENETUNREACH: "no network",
  ENOTFOUND: "an unknown host name",
  EPIPE: "a connection that the server closed",
  EPROTO: "an answer that is not TLS",
  ERR_SSL_WRONG_VERSION_NUMBER: "an answer that is not TLS",
  ERR_TLS_CERT_ALTNAME_INVALID: "a TLS certificate for another host",
  ETIMEDOUT: "no answer in time",
  HPE_INVALID_CONSTANT: "an answer that is not HTTP",
  HPE_INVALID_VERSION: "an answer that is not HTTP",
  SELF_SIGNED_CERT_IN_CHAIN: "a self-signed TLS certificate",
  UNABLE_TO_GET_ISSUER_CERT: "a TLS certificate of an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "a TLS certificate of an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "a TLS certificate that cannot be verified",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_SOCKET: "a connection that the server closed",
};

/** No way to the server, for now or for good. */
const unreachable = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The connection was there, and ended. */
const cut = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** What no second try changes. */
const permanent =
  /CERT|SIGNATURE|^EPROTO$|^ERR_(?:INVALID|TLS|SSL)|^HPE_INVALID_(?:CONSTANT|METHOD|STATUS|VERSION)|^UND_ERR_INVALID|^UND_ERR_NOT_SUPPORTED/;

/** What is known besides the error. */
export interface FailureContext {
  /** What asking again may help with, where the caller knows. */
  readonly retry?: ConnectionError["retry"] | undefined;
  /** Whether the answer had begun, so that there is a way to the server. `false` by default. */
  readonly hasBegun?: boolean | undefined;
  /** What sent the request; the platform's by default. */
  readonly fetch?: typeof fetch | undefined;
}

/** Makes what `fetch`, or reading its body, threw into a typed error. */
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
      expected: "an answer from the server",
      remedy: problem.remedy,
    },
    { cause: error, retry: retry ?? refusal?.retry ?? chanceOf(code, error, hasBegun) },
  );
}

/** The error for an address of `http:` at which the server speaks TLS. */
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

/** An error without a code is a failure of the network where `fetch` says so, which throws a TypeError then. */
function chanceOf(code: string | undefined, error: unknown, hasBegun: boolean): ConnectionError["retry"] {
  if (code === undefined) {
    if (!isTypeError(error)) return "never";
    // Node's own refusal of an address or an answer has a cause; browsers say nothing more.
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

/** Node's `fetch` keeps to itself that it takes no answer 407, and says "fetch failed" of all that its causes tell. */
function describeCause(error: unknown): string {
  if (!isError(error)) return String(error);
  const { cause, message } = error;
  if (!isTypeError(error) || !isError(cause)) return message;
  if (cause.message === "" && message === "fetch failed") return "Proxy authentication required";
  const ofProxy = findMessage(cause, /^Proxy response \(/);
  return ofProxy ?? (cause.message === "" ? message : cause.message);
}

/** What `fetch` throws where there is no answer, of whichever realm. */
function isTypeError(error: unknown): error is TypeError {
  return isError(error) && error.name === "TypeError";
}

/** The first message of a form in an error and its causes. */
function findMessage(error: unknown, form: RegExp, depth = 0): string | undefined {
  if (!isError(error) || depth > 5) return undefined;
  return form.test(error.message) ? error.message : findMessage(error.cause, form, depth + 1);
}

/** Whether an error says that the server cut the connection. Browsers do not say so, and ask again by themselves. */
export function isCut(error: unknown): boolean {
  return ConnectionError.isInstance(error) && cut.has(findCode(error.cause) ?? "");
}

/** Whether an error says that the server showed a certificate that is not accepted. */
export function isCertificateFault(error: unknown): boolean {
  return /CERT|SIGNATURE/.test(findCode(error) ?? "");
}

/** The error for a server that stays silent. */
export function toSilenceError(url: URL, seconds: number, variable: string): ConnectionError {
  return new ConnectionError({
    subject: describeUrl(url),
    found: `silence for ${seconds} s`,
    expected: "an answer from the server",
    remedy: `${connectionRemedy({ url, code: "ETIMEDOUT", isOwnFetch: true })} Set ${variable} to wait for longer.`,
  });
}

/** The first code (`ECONNREFUSED`) in an error, its causes and, where several addresses were tried, their errors. */
function findCode(error: unknown, depth = 0): string | undefined {
  if (!isError(error) || depth > 5) return undefined;
  const code = errorCode(error);
  if (code !== undefined) return code;
  if ("errors" in error && Array.isArray(error.errors)) return findCode(error.errors[0], depth + 1);
  return findCode(error.cause, depth + 1);
}
