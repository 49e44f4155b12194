import { isolationHeaders } from "./isolation-headers.ts";
import { type KeptFile, keptFilesCache, keyOf } from "./kept-file.ts";
import { streamAndKeep } from "./stream-and-keep.ts";

/** A response, and the work that remains after it is returned. */
export interface Answer {
  readonly response: Response;
  readonly settled: Promise<void>;
}

/** The files of one build of the page, from the cache or the network. */
export class KeptFiles {
  readonly #files: readonly KeptFile[];
  readonly #scope: string;

  /** @param scope - The URL of the page's folder. */
  constructor(files: readonly KeptFile[], scope: string) {
    this.#files = files;
    this.#scope = scope;
  }

  /** Fetches all small files that are missing. */
  async fill(): Promise<void> {
    const cache = await caches.open(keptFilesCache);
    const small = this.#files.filter(({ isLarge }) => !isLarge);
    await Promise.all(
      small.map(async (file) => {
        const key = keyOf(file, this.#scope);
        if ((await cache.match(key)) !== undefined) return;
        // Bypass the browser's HTTP cache, which may have the file from an older build.
        const response = await fetch(new URL(file.path, this.#scope), { cache: "no-cache" });
        if (!response.ok) throw new Error(`${file.path}: HTTP ${response.status}`);
        await cache.put(key, response);
      }),
    );
  }

  /** Removes the files of other builds. */
  async removeOthers(): Promise<void> {
    const cache = await caches.open(keptFilesCache);
    const keys = new Set(this.#files.map((file) => keyOf(file, this.#scope)));
    const others = (await cache.keys()).filter(({ url }) => !keys.has(url));
    await Promise.all(others.map((request) => cache.delete(request)));
  }

  /** Answers a request. Every response of this server gets the headers that isolate the page. */
  async answer(request: Request): Promise<Answer> {
    const file = this.#find(request);
    const cache = await caches.open(keptFilesCache);
    const key = file === undefined ? undefined : keyOf(file, this.#scope);
    const kept = key === undefined ? undefined : await cache.match(key);
    if (kept !== undefined) return { response: isolate(kept), settled: Promise.resolve() };
    const response = await fetch(request);
    if (key === undefined || response.status !== 200) {
      return { response: isolate(response), settled: Promise.resolve() };
    }
    return streamAndKeep(isolate(response), (whole) => cache.put(key, whole));
  }

  #find(request: Request): KeptFile | undefined {
    if (request.headers.has("Range")) return undefined;
    const { origin, pathname } = new URL(request.url);
    const path = `${origin}${pathname}`.replace(this.#scope, "");
    return this.#files.find((file) => file.path === (path === "" ? "index.html" : path));
  }
}

function isolate(response: Response): Response {
  // A redirected navigation is opaque; the browser follows it.
  if (response.type === "opaqueredirect" || response.type === "opaque") return response;
  const headers = new Headers(response.headers);
  // The body is already decompressed here.
  if (headers.has("Content-Encoding")) {
    headers.delete("Content-Encoding");
    headers.delete("Content-Length");
  }
  for (const [name, value] of Object.entries(isolationHeaders)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
