import type { DeletionReport, PruneCacheOptions } from "../../cache/cache-report.ts";
import { openCacheFolder } from "./cache-folder.ts";
import { contentLock } from "./content-lock.ts";
import type { PrivateFolder } from "./private-folder.ts";
import { readContents } from "./stored-contents.ts";
import { heldWebLocks } from "./web-lock.ts";

/** See `pruneCache` in `cache/cache-tools.ts`. */
export async function pruneBrowserCache(options: PruneCacheOptions): Promise<DeletionReport> {
  const cache = await openCacheFolder(options);
  let freedBytes = 0;
  for (const { name } of await cache.entries()) {
    options.signal?.throwIfAborted();
    if (name.startsWith("models--")) freedBytes += await pruneContents(cache.folder(name), "blobs");
  }
  for (const { name } of await cache.folder("urls").entries()) {
    options.signal?.throwIfAborted();
    freedBytes += await pruneContents(cache.folder(`urls/${name}`), "contents");
  }
  return { freedBytes, keptBytes: 0 };
}

/** Removes contents that are not whole and that nobody fetches. */
async function pruneContents(folder: PrivateFolder, room: "blobs" | "contents"): Promise<number> {
  const contents = await readContents(folder.folder(room));
  // Read after the contents: who begins one has its lock before.
  const held = await heldWebLocks();
  let freedBytes = 0;
  for (const { isWhole, name, size } of contents.values()) {
    if (isWhole || held.has(contentLock(folder, room, name))) continue;
    await folder.remove(`${room}/${name}`);
    freedBytes += size;
  }
  return freedBytes;
}
