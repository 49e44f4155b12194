import type { StoreLock, StoreLockOptions } from "../../cached/part.ts";
import { FileLock } from "./file-lock.ts";

/** Takes the lock of a file of the cache; `undefined` where the file system allows none. */
export function acquireLock(location: string, options: StoreLockOptions): Promise<StoreLock | undefined> {
  const { onWait, signal } = options;
  return FileLock.acquire(location, {
    signal,
    onWait: (owner) => onWait?.(owner?.pid === process.pid ? undefined : "process"),
  });
}
