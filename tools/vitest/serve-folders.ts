import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

type HeaderFields = Readonly<Record<string, string>>;

/** The headers that make a page cross-origin isolated, which threads need. */
export const isolationHeaders: HeaderFields = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** A web server on this machine. */
export interface FolderServer {
  /** Its address, with a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves files.
 *
 * @param folders - The folder for each first part of a path; the one under `""` is for all others.
 * @param headers - What every answer carries, or that for a path.
 */
export async function serveFolders(
  folders: Readonly<Record<string, string>>,
  headers: HeaderFields | ((path: string) => HeaderFields),
): Promise<FolderServer> {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname).slice(1);
    const [first = "", ...rest] = path.split("/");
    const [folder, name] = Object.hasOwn(folders, first)
      ? [folders[first], rest.join("/")]
      : [folders[""], path];
    const sent = typeof headers === "function" ? headers(path) : headers;
    const file = normalize(join(folder ?? "", name === "" ? "index.html" : name));
    try {
      if (folder === undefined || !file.startsWith(normalize(folder + sep)))
        throw new Error("no such folder");
      const content = await readFile(file);
      const type = contentTypes[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, ...sent }).end(content);
    } catch {
      response.writeHead(404, sent).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
