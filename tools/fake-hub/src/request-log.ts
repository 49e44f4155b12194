import type { IncomingMessage } from "node:http";

/** A request that a fake Hub received. */
export interface LoggedRequest {
  /** `hub` is the endpoint; `cdn` is the other host, to which large files are redirected. */
  readonly host: "hub" | "cdn";
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Notes what is needed of a request. */
export function logRequest(host: LoggedRequest["host"], message: IncomingMessage): LoggedRequest {
  const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value)]);
  return {
    host,
    method: message.method ?? "",
    path: message.url ?? "",
    headers: Object.fromEntries(headers),
  };
}
