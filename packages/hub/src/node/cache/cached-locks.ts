import { rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readLock } from "../lock/read-lock.ts";
import { readFolder } from "./read-folder.ts";

/** A lock in a cache. */
export interface CachedLock {
  readonly location: string;
  /** Whether it was made here, and not by Python. */
  readonly isOurs: boolean;
  /** The content that it is for, by its SHA-256 or git object. */
  readonly objectId: string;
  /** The number of the process that holds it, where it is of this machine. */
  readonly pid: number | undefined;
  /** Whether that process still runs; `undefined` where that cannot be told, as of the locks of Python. */
  readonly isHeld: boolean | undefined;
}

/** Where the locks of a repository lie: the folder in which Python has its own. */
export function locksFolder(repositoryFolder: string): string {
  return join(dirname(repositoryFolder), ".locks", basename(repositoryFolder));
}

/** The locks of a repository, Python's included. */
export async function findLocks(folder: string): Promise<readonly CachedLock[]> {
  const files = (await readFolder(folder)).filter(({ kind }) => kind === "file");
  return Promise.all(
    files.map(async ({ location, path }) => {
      const isOurs = path.includes(".onestep.lock");
      const state = isOurs ? await readLock(location) : undefined;
      const pid = state?.isHeld === true ? state.owner?.pid : undefined;
      return { location, isOurs, objectId: path.split(".")[0] ?? "", pid, isHeld: state?.isHeld };
    }),
  );
}

/** Removes the locks of a repository, but for those that a process of this machine holds. */
export async function removeLocks(folder: string): Promise<void> {
  for (const lock of await findLocks(folder)) {
    if (lock.isHeld !== true) await rm(lock.location, { force: true });
  }
  for (const empty of [folder, dirname(folder)]) await rmdir(empty).catch(() => {});
}
