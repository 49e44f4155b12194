import { randomBytes } from "node:crypto";
import { lstat, readdir, readlink, realpath, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readLock } from "./lock.ts";
import { isNotThere, toFileReadError } from "./system-error.ts";

/** An entry of a folder. */
interface FolderEntry {
  /** Relative to the folder that was read, with forward slashes. */
  readonly path: string;
  readonly location: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

/** The entries of a folder, sorted; none where it does not exist. Links are not followed. @throws FileReadError */
export async function readFolder(folder: string): Promise<readonly FolderEntry[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .map((entry): FolderEntry => {
        const kind = entry.isSymbolicLink()
          ? "link"
          : entry.isDirectory()
            ? "folder"
            : entry.isFile()
              ? "file"
              : "other";
        return { path: entry.name, location: join(folder, entry.name), kind };
      })
      .sort((first, second) => (first.path < second.path ? -1 : 1));
  } catch (error) {
    if (isNotThere(error)) return [];
    throw toFileReadError(folder, error);
  }
}

/** Like {@link readFolder}, for the files and links of all folders below as well; folders themselves are left out. */
export async function readFolderDeep(folder: string, prefix = ""): Promise<readonly FolderEntry[]> {
  const found: FolderEntry[] = [];
  for (const entry of await readFolder(folder)) {
    if (entry.kind === "folder")
      found.push(...(await readFolderDeep(entry.location, `${prefix}${entry.path}/`)));
    else found.push({ ...entry, path: prefix + entry.path });
  }
  return found;
}

/** The content behind an entry of a cache. */
export interface CachedContent {
  /** Its location in the repository: the blob that a snapshot's link names, or the file itself. */
  readonly place: string;
  /** The location of its bytes; differs from `place` where Python keeps them in its store for all repositories. */
  readonly store: string;
  readonly size: number;
  /** When it was last read, in milliseconds since 1970. */
  readonly lastUsed: number;
}

/** Finds the content behind a file or a link; `undefined` if the link is broken or leads to something else. */
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

/** The sum of the lengths of contents, each counted once, by the location of its bytes. */
export function totalSize(contents: Iterable<CachedContent>): number {
  const sizes = new Map<string, number>();
  for (const content of contents) sizes.set(content.store, content.size);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

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

/** The folder with the locks of a repository, where Python has its own. */
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

const ownPart = /\.onestep-[0-9a-f-]+\.incomplete$/;
const interruptedDeletion = /^\.deleting-[0-9a-f]{8}$/;
const interruptedWrite = /\.[0-9a-f]{8}\.tmp$/;
const interruptedTakeover = /\.lock\.[0-9a-f]{8}$/;

/** Whether a file is a part of another that was to arrive, written here or by Python. */
export function isIncomplete(path: string): boolean {
  return path.endsWith(".incomplete");
}

/** Whether an incomplete file was written here, and not by Python. */
export function isOwnPart(path: string): boolean {
  return ownPart.test(path);
}

/** Whether a file is a small one that was to be renamed when it was whole. */
export function isInterruptedWrite(path: string): boolean {
  return interruptedWrite.test(path);
}

/** Whether a file is a lock that somebody was about to take over. */
export function isInterruptedTakeover(path: string): boolean {
  return interruptedTakeover.test(path);
}

/** Whether a folder was to be deleted. */
export function isInterruptedDeletion(path: string): boolean {
  return interruptedDeletion.test(path);
}

/** A name for a folder that is about to be deleted. */
export function nameOfDeletion(): string {
  return `.deleting-${randomBytes(4).toString("hex")}`;
}
