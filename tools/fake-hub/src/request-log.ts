import type { IncomingMessage } from "node:http";
import type { FakeFault } from "./fake-fault.ts";
import type { HubState } from "./hub-state.ts";
import { jsonReply, type Reply } from "./reply.ts";

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

/** A request to the endpoint that changes something. */
export interface UploadCall {
  readonly state: HubState;
  readonly url: URL;
  readonly method: string;
  readonly token: string | undefined;
  readonly body: Uint8Array;
}

/** The JSON of a body. */
export function readJson(body: Uint8Array | string): Record<string, unknown> {
  return JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
}

/** A failure as these parts of the Hub word it: in the body, and where `errorCode` is given in a header. */
export function failure(status: number, error: string, errorCode?: string): Reply {
  const headers = errorCode === undefined ? {} : { "X-Error-Code": errorCode };
  return jsonReply({ error }, { ...headers, "X-Error-Message": error }, status);
}

/** The body of a request; `undefined` where a fault befalls it on its way, after which there is nothing to answer. */
export async function readBody(
  message: IncomingMessage,
  fault: FakeFault | undefined,
): Promise<Uint8Array | undefined> {
  const cut = fault?.dropAfterReceivedBytes ?? Number.POSITIVE_INFINITY;
  const stall = fault?.stallAfterReceivedBytes ?? Number.POSITIVE_INFINITY;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > cut) message.socket.destroy();
      if (size > stall) message.pause();
      if (size > Math.min(cut, stall)) return undefined;
    }
  } catch {
    return undefined;
  }
  return new Uint8Array(Buffer.concat(chunks));
}
