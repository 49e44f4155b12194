import type { ServerResponse } from "node:http";
import type { FakeFault } from "./fake-fault.ts";

/** A response, before a fault is applied. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** A reply with a JSON body. */
export function jsonReply(
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  status: number = 200,
): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(value),
  };
}

/** A failure in the Hub's wording. */
export function failureReply(status: number, errorCode: string | undefined, message: string): Reply {
  const codeHeader = errorCode === undefined ? {} : { "X-Error-Code": errorCode };
  return { status, headers: { ...codeHeader, "X-Error-Message": message }, body: "" };
}

/** A reply with a file's bytes, or the part of them that a `Range` header asks for. */
export function bytesReply(
  bytes: Uint8Array,
  range: string | undefined,
  headers: Readonly<Record<string, string>>,
): Reply {
  const common = { "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream", ...headers };
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (match === null) return { status: 200, headers: common, body: bytes };
  const start = Number(match[1]);
  const end = Math.min(match[2] === "" ? bytes.length - 1 : Number(match[2]), bytes.length - 1);
  if (start > end) {
    return { status: 416, headers: { ...common, "Content-Range": `bytes */${bytes.length}` }, body: "" };
  }
  return {
    status: 206,
    headers: { ...common, "Content-Range": `bytes ${start}-${end}/${bytes.length}` },
    body: bytes.subarray(start, end + 1),
  };
}

/** The headers that let cross-origin pages read the responses, as the Hub and its CDN send them. */
const corsHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers":
    "X-Repo-Commit,X-Error-Code,X-Error-Message,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag",
};

/** The reply to a preflight request of a browser. */
export const preflightReply: Reply = {
  status: 204,
  headers: {
    "Access-Control-Allow-Headers": "Authorization, Range",
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
  },
};

/** Sends a reply, with the fault applied. */
export function sendReply(
  response: ServerResponse,
  reply: Reply,
  method: string,
  fault: FakeFault | undefined,
): void {
  const { socket } = response;
  const cut = fault?.dropAfterBytes;
  const stall = fault?.stallAfterBytes;
  if (cut !== undefined && cut < 0) return void socket?.destroy();
  if (stall !== undefined && stall < 0) return;
  const body = applyFault(toBytes(reply.body), fault);
  const end = fault?.endAfterBytes;
  const length = end === undefined ? { "Content-Length": String(body.length) } : {};
  response.writeHead(reply.status, { ...corsHeaders, ...reply.headers, ...length });
  if (end !== undefined) return void response.end(method === "HEAD" ? undefined : body.subarray(0, end));
  const position = cut ?? stall ?? body.length;
  // If the response ends before that, the connection is intact and continues with the next request.
  if (method === "HEAD" || position >= body.length) {
    response.end(method === "HEAD" ? undefined : body);
    return;
  }
  response.flushHeaders();
  response.write(body.subarray(0, position), () => {
    if (cut !== undefined) setTimeout(() => socket?.destroy(), 20);
  });
}

function applyFault(body: Uint8Array, fault: FakeFault | undefined): Uint8Array {
  if (fault?.wrongBytes === true) return body.map((byte) => byte ^ 0xff);
  const change = fault?.wrongLength ?? 0;
  if (change === 0) return body;
  const changed = new Uint8Array(Math.max(0, body.length + change));
  changed.set(body.subarray(0, changed.length));
  return changed;
}

function toBytes(body: Reply["body"]): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : (body ?? new Uint8Array());
}
