import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { contentOf, type PlannedFile, sha256Of } from "./plan/planned-file.ts";
import type { WebFault } from "./plan/web-fault.ts";

/** A plain web server with the files of a plan. */
export interface TroubledWebServer {
  /** The address of the folder with the files. */
  readonly url: string;
  /** How many requests it has had. */
  requestCount(): number;
  /** What it serves from now on. */
  serve(files: readonly PlannedFile[]): void;
  /** What goes wrong from now on. */
  setFaults(faults: readonly WebFault[]): void;
  /** The tokens that it was sent. */
  readonly tokens: readonly string[];
  close(): Promise<void>;
}

/** Starts one, on which nothing goes wrong yet. */
export async function startTroubledWebServer(files: readonly PlannedFile[]): Promise<TroubledWebServer> {
  const tokens: string[] = [];
  let contents = toContents(files);
  let faults: { fault: WebFault; left: number }[] = [];
  let requests = 0;
  const server = createServer(({ headers, url = "" }, response) => {
    requests += 1;
    if (headers.authorization !== undefined) tokens.push(headers.authorization);
    if (url === "/login") return sendPage(response);
    const bytes = contents.get(decodeURIComponent(url).replace("/m/", ""));
    const entry = faults.find(({ left }) => left > 0);
    if (entry !== undefined) {
      entry.left -= 1;
      return befall(entry.fault, response, bytes ?? new Uint8Array());
    }
    if (bytes === undefined) return void response.writeHead(404).end();
    const etag = `"${sha256Of(bytes)}"`;
    if (headers["if-none-match"] === etag) return void response.writeHead(304, { ETag: etag }).end();
    const start =
      headers["if-range"] === etag ? Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0) : 0;
    const range = { "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, { ETag: etag, ...(start > 0 ? range : {}) });
    response.end(bytes.subarray(start));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/m`,
    requestCount: () => requests,
    serve: (others) => {
      contents = toContents(others);
    },
    setFaults: (planned) => {
      faults = planned.map((fault) => ({ fault, left: fault.times }));
    },
    tokens,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function toContents(files: readonly PlannedFile[]): ReadonlyMap<string, Uint8Array> {
  return new Map(files.map((file) => [file.path, contentOf(file)]));
}

function befall(fault: WebFault, response: ServerResponse, bytes: Uint8Array): void {
  if (fault.kind === "status") return void response.writeHead(fault.status).end();
  if (fault.kind === "page") return void sendPage(response);
  if (fault.kind === "login") return void response.writeHead(302, { Location: "/login" }).end();
  response.writeHead(200, { "Content-Length": bytes.length + 1, ETag: `"${sha256Of(bytes)}"` });
  response.write(bytes.subarray(0, bytes.length >> 1));
  if (fault.kind === "cut") setImmediate(() => response.destroy());
}

function sendPage(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Log in</title>");
}
