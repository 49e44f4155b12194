import { lstat, readlink, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { FolderEntry } from "./read-folder.ts";

/** The content behind an entry of a cache. */
export interface CachedContent {
  /** Where it lies in the repository: the blob that a snapshot's link names, or the file itself. */
  readonly place: string;
  /** Where its bytes lie; elsewhere than `place` where Python keeps them in its store for all repositories. */
  readonly store: string;
  readonly size: number;
  /** When it was last read, in milliseconds since 1970. */
  readonly lastUsed: number;
}

/** Finds the content behind a file or a link; `undefined` where the link leads nowhere, or not to a file. */
export async function findContent({ kind, location }: FolderEntry): Promise<CachedContent | undefined> {
  try {
    const place = kind === "link" ? resolve(dirname(location), await readlink(location)) : location;
    const store = await realpath(location);
    const status = await stat(store);
    if (!status.isFile()) return undefined;
    const isLinkedOn = (await lstat(place)).isSymbolicLink();
    const lastUsed = Math.max(status.atimeMs, status.mtimeMs);
    return { place, store: isLinkedOn ? store : place, size: status.size, lastUsed };
  } catch {
    return undefined;
  }
}

/** Finds a content by its own place; `undefined` where there is no file. */
export function findBlob(location: string): Promise<CachedContent | undefined> {
  return findContent({ path: location, location, kind: "file" });
}

/** The sum of the lengths of contents, each counted once by where its bytes lie. */
export function totalSize(contents: Iterable<CachedContent>): number {
  const sizes = new Map<string, number>();
  for (const content of contents) sizes.set(content.store, content.size);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
