import type { StoreLock, StoreLockOptions } from "../cache/store.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** The locks that this page, or this worker, has. */
const own = new Set<string>();

/**
 * Takes a lock that all pages and workers of a site share, waiting until it is free. It is free again when it is
 * released, and when its page is closed.
 *
 * @throws The reason of the signal.
 */
export async function acquireWebLock(name: string, options: StoreLockOptions): Promise<StoreLock> {
  const { onWait, signal } = options;
  const free = await request(name, { ifAvailable: true });
  if (free !== undefined) return free;
  await onWait?.(own.has(name) ? undefined : "tab");
  return (await request(name, { signal })) as StoreLock;
}

/** `undefined` if the lock is taken and the caller does not wait for it. */
function request(name: string, options: LockOptions): Promise<StoreLock | undefined> {
  return new Promise((resolve, reject) => {
    const hold = async (lock: Lock | null): Promise<void> => {
      if (lock === null) return resolve(undefined);
      await new Promise<void>((release) => {
        own.add(name);
        resolve({
          isContested: false,
          release: async () => {
            own.delete(name);
            release();
          },
        });
      });
    };
    navigator.locks.request(name, options, hold).catch((error: unknown) => {
      reject(options.signal?.aborted ? options.signal.reason : error);
    });
  });
}

/** The names of the locks of this site that are held. */
export async function heldWebLocks(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name }) => name ?? []));
}

/**
 * The name of the lock that is held while a content is downloaded.
 *
 * @param folder - The folder of the repository.
 * @param room - Where it keeps its contents: those of the Hub by object id, those of web servers by path and version.
 * @param name - The content's. What a path's versions have in common is the path, for which there is one lock.
 */
export function contentLock(folder: PrivateFolder, room: "blobs" | "contents", name: string): string {
  return `onestep ${folder.path}/${room}/${name.split("-")[0]}`;
}
