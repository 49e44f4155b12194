import type { StoreLock, StoreLockOptions } from "../cache/store.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** The locks held by this page or worker. */
const own = new Set<string>();

/**
 * Takes a lock that all pages and workers of a site share, waiting until it is free. It is freed on release, and when
 * its page is closed.
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

/** `undefined` if the lock is taken and the caller does not want to wait. */
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

/** The names of this site's locks that are held. */
export async function heldWebLocks(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name }) => name ?? []));
}

/**
 * The name of the lock held while a content is downloaded.
 *
 * @param folder - The folder of the repository.
 * @param room - The folder of its contents: for the Hub by object id, for web servers by path and version.
 * @param name - The name of the content. All versions of a path share one lock, named by the path.
 */
export function contentLock(folder: PrivateFolder, room: "blobs" | "contents", name: string): string {
  return `onestep ${folder.path}/${room}/${name.split("-")[0]}`;
}
