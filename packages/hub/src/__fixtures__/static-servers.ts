import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

/** What a static server serves and how. Change it while it runs. */
export interface StaticSite {
  /** Contents by path below the root, without a slash in front. */
  files: Record<string, string>;
  /** Headers of every answer with a file. */
  headers: Record<string, string>;
  /** Answers ranges. */
  ranges: boolean;
  /** Answers everything with this status, where it is set. */
  status: number | undefined;
  /** After how many bytes of a body the next answers break off, one after the other. */
  cuts: number[];
  /** For what is not there, a page of HTML with status 200 instead of 404. */
  pageForAll: boolean;
  /** The status for what is not there. */
  missingStatus: number;
  /** Where everything is redirected, where it is set; a page of HTML is there. */
  login: string | undefined;
  /** What a query has to hold for everything that is not answered with 403. */
  signature: string | undefined;
}

/** A running static server. */
export interface StaticServer {
  readonly url: string;
  readonly site: StaticSite;
  readonly requests: { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  stop(): Promise<void>;
}

/** A starter of plain web servers, which are stopped after each test. Call it at the top of a test file. */
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

/** Falls silent where the body is to break off, so that all before it has surely arrived. */
function sendBody(response: ServerResponse, bytes: Buffer, site: StaticSite): void {
  const cut = site.cuts.shift();
  if (cut === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, cut));
}

/** Whether the file is still the one that `If-Range` names. */
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
