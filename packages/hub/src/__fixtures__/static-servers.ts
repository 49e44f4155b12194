import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

/** What a static server serves, and how. Can be changed while it runs. */
export interface StaticSite {
  /** Contents by path below the root, without a leading slash. */
  files: Record<string, string>;
  /** Headers of every response with a file. */
  headers: Record<string, string>;
  /** Whether range requests are supported. */
  ranges: boolean;
  /** If set, the status of every response. */
  status: number | undefined;
  /** After how many bytes the next response bodies break off, in turn. */
  cuts: number[];
  /** Whether a missing file gives an HTML page with status 200 instead of 404. */
  pageForAll: boolean;
  /** The status for missing files. */
  missingStatus: number;
  /** If set, everything is redirected to this address, which serves an HTML page. */
  login: string | undefined;
  /** If set, requests whose query does not contain this are answered with 403. */
  signature: string | undefined;
}

/** A running static server. */
export interface StaticServer {
  readonly url: string;
  readonly site: StaticSite;
  readonly requests: { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  stop(): Promise<void>;
}

/**
 * Returns a function that starts plain web servers and stops them after each test. Call it at the top of a test file.
 */
export function staticServers(): (site: Partial<StaticSite>) => Promise<StaticServer> {
  const servers: StaticServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  return async (parts) => {
    const none = { status: undefined, login: undefined, signature: undefined };
    const defaults = {
      files: {},
      headers: {},
      ranges: true,
      cuts: [],
      pageForAll: false,
      missingStatus: 404,
    };
    const server = await start({ ...none, ...defaults, ...parts });
    servers.push(server);
    return server;
  };
}

const pageType = { "Content-Type": "text/html; charset=utf-8" };

async function start(site: StaticSite): Promise<StaticServer> {
  const requests: StaticServer["requests"] = [];
  const server = createServer((message, response) => {
    const path = message.url ?? "";
    requests.push({ path, headers: message.headers });
    const file = site.files[decodeURIComponent(path.split("?")[0] ?? "").slice(1)];
    if (path === site.login) return response.writeHead(200, pageType).end("<!doctype html>");
    if (site.login !== undefined) return response.writeHead(302, { Location: site.login }).end();
    if (site.signature !== undefined && !path.endsWith(`=${site.signature}`))
      return response.writeHead(403).end();
    if (site.status !== undefined) return response.writeHead(site.status).end();
    if (file === undefined) {
      return response.writeHead(site.pageForAll ? 200 : site.missingStatus, pageType).end("<!doctype html>");
    }
    if (isFresh(message, site)) return response.writeHead(304, site.headers).end();
    const bytes = Buffer.from(file);
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(message.headers.range ?? "") ?? [];
    if (!site.ranges || first === undefined || !isSame(message, site)) {
      response.writeHead(200, { ...site.headers, "Content-Length": bytes.length });
      return sendBody(response, bytes, site);
    }
    if (Number(first) >= bytes.length) return response.writeHead(416).end();
    const part = bytes.subarray(Number(first), last === "" ? bytes.length : Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { ...site.headers, "Content-Range": range, "Content-Length": part.length });
    return sendBody(response, part, site);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, site, requests, stop: () => stop(server) };
}

/** Stalls before breaking off the body, so that everything sent before has arrived. */
function sendBody(response: ServerResponse, bytes: Buffer, site: StaticSite): void {
  const cut = site.cuts.shift();
  if (cut === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, cut));
}

/** Whether the file is still the one named by `If-Range`. */
function isSame({ headers }: IncomingMessage, site: StaticSite): boolean {
  const version = headers["if-range"];
  return version === undefined || version === (site.headers["ETag"] ?? site.headers["Last-Modified"]);
}

function isFresh({ headers }: IncomingMessage, site: StaticSite): boolean {
  const tag = headers["if-none-match"];
  if (tag !== undefined) return tag === site.headers["ETag"];
  const since = headers["if-modified-since"];
  return since !== undefined && since === site.headers["Last-Modified"];
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
