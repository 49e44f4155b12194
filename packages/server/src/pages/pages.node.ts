import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "@onestep/core";
import type { Context, Env, Hono } from "hono";
import { pageHeaders } from "./page-headers.ts";

/** Options of {@link pageRoutes}. */
export interface PageRoutesOptions {
  /** The folder of the pages, with an `index.html`; the playground that comes with this package by default. */
  readonly folder?: string | undefined;
}

/** A file that is served, and the headers that it is served with. */
interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** Paths that are routes as they are: none of their letters means something else in a pattern. */
const plainPath = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * Serves the playground at `/`, and its files beside it. The files are read once, here: no path of a request reaches the
 * file system.
 *
 * @example
 * await pageRoutes(handler.app);
 * const server = await startServer(handler, { port: 8000 });
 *
 * @throws InvalidArgumentError if `folder` has no `index.html`.
 */
export async function pageRoutes<Vars extends Env>(
  app: Hono<Vars>,
  { folder }: PageRoutesOptions = {},
): Promise<void> {
  const own = fileURLToPath(new URL("../../playground", import.meta.url));
  const pages = await readPages(folder ?? own);
  const index = pages.get("index.html");
  if (index === undefined && folder !== undefined) {
    throw new InvalidArgumentError({
      subject: "folder",
      found: `no index.html in ${folder}`,
      expected: "a folder with the pages to serve",
      remedy: "Pass another folder, or leave it out to serve the playground.",
    });
  }
  if (index === undefined) {
    // Only in a checkout of the repository: the published package has the pages.
    app.get("/", (context) => context.text("The playground is not built. Run `npm run build`.\n", 404));
    return;
  }
  app.get("/", (context) => answer(context, index));
  for (const [path, page] of pages) app.get(`/${path}`, (context) => answer(context, page));
}

async function readPages(folder: string): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  for (const entry of entries) {
    const file = `${entry.parentPath}${sep}${entry.name}`;
    const path = relative(folder, file).split(sep).join("/");
    const type = mediaTypes[extname(path)];
    if (!entry.isFile() || type === undefined || !plainPath.test(path)) continue;
    const bytes = new Uint8Array(await readFile(file));
    const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    // The names of the assets contain a hash of what they hold.
    const cache = path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    const headers = { ...pageHeaders, "Content-Type": type, "Cache-Control": cache, ETag: etag };
    pages.set(path, { bytes, etag, headers });
  }
  return pages;
}

function answer(context: Context, { bytes, etag, headers }: Page): Response {
  const known = context.req.header("If-None-Match")?.split(",") ?? [];
  const isKnown = known.some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
  return isKnown ? context.body(null, 304, headers) : context.body(bytes, 200, headers);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
