import { ConnectionError } from "../errors/connection-error.ts";
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
  ERR_TLS_CERT_ALTNAME_INVALID: "a TLS certificate for another host",
  ETIMEDOUT: "no answer in time",
  SELF_SIGNED_CERT_IN_CHAIN: "a self-signed TLS certificate",
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
const permanent = /CERT|SIGNATURE|^ERR_(?:INVALID|TLS|SSL)|^UND_ERR_INVALID|^UND_ERR_NOT_SUPPORTED/;

const remedy =
  "Check the network, the proxy and the address (HF_ENDPOINT); pass localFilesOnly: true to use only what is cached.";

/** Makes what `fetch`, or reading its body, threw into a typed error. */
export function toConnectionError(
  url: URL,
  error: unknown,
  retry?: ConnectionError["retry"],
): ConnectionError {
  const code = findCode(error);
  const description = code === undefined ? undefined : descriptions[code];
  const message = error instanceof Error ? error.message : String(error);
  const found = code === undefined ? message : description === undefined ? code : `${description} (${code})`;
  return new ConnectionError(
    { subject: describeUrl(url), found, expected: "an answer from the server", remedy },
    { cause: error, retry: retry ?? chanceOf(code, error) },
  );
}

/** An error without a code is a failure of the network where `fetch` says so, which throws a TypeError then. */
function chanceOf(code: string | undefined, error: unknown): ConnectionError["retry"] {
  if (code === undefined) return error instanceof TypeError ? chanceInBrowser() : "never";
  if (permanent.test(code)) return "never";
  return unreachable.has(code) ? "perhaps" : "soon";
}

/** Browsers do not say why a request failed, but may know that there is no network. */
function chanceInBrowser(): ConnectionError["retry"] {
  return globalThis.navigator?.onLine === false ? "perhaps" : "soon";
}

/** Whether an error says that the server cut the connection. Browsers do not say so, and ask again by themselves. */
export function isCut(error: unknown): boolean {
  return ConnectionError.isInstance(error) && cut.has(findCode(error.cause) ?? "");
}

/** The error for a server that stays silent. */
export function toSilenceError(url: URL, seconds: number, variable: string): ConnectionError {
  return new ConnectionError({
    subject: describeUrl(url),
    found: `silence for ${seconds} s`,
    expected: "an answer from the server",
    remedy: `${remedy} Set ${variable} to wait for longer.`,
  });
}

/** The first code (`ECONNREFUSED`) in an error, its causes and, where several addresses were tried, their errors. */
function findCode(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 5) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError) return findCode(error.errors[0], depth + 1);
  return findCode(error.cause, depth + 1);
}
