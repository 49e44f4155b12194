import { openRepository } from "../open-repository.ts";
import { loggedFetch, type PageRequest } from "./logged-fetch.ts";

/** The file that the worker fetches. */
export interface CacheWorkerRequest {
  readonly id: string;
  readonly path: string;
  readonly endpoint: string;
  readonly cacheDir: string;
}

/** The result. */
export interface CacheWorkerReply {
  readonly size: number;
  readonly requests: readonly PageRequest[];
  readonly firstBytes: Uint8Array;
}

// A worker that fetches a Hub file into the cache.
self.addEventListener("message", async ({ data }: MessageEvent<CacheWorkerRequest>) => {
  const { id, path, ...options } = data;
  const { fetch, requests } = loggedFetch();
  const file = await (await openRepository(id, { ...options, fetch })).get(path);
  const reply: CacheWorkerReply = {
    size: file.size,
    requests,
    firstBytes: await file.read(0, 16),
  };
  self.postMessage(reply);
});
