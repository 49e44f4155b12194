import { randomBytes } from "node:crypto";
import {
  constants,
  copyFile,
  type FileHandle,
  link,
  open,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { dirname } from "node:path";
import { pause } from "../../http/pause.ts";
import { makeFolder } from "../make-folder.ts";
import { isNotThere, systemErrorCode } from "../system-error.ts";
import { type LockOwner, ownProcess } from "./lock-owner.ts";
import { type LockState, readLock } from "./read-lock.ts";

/** How to wait for a lock. */
export interface LockOptions {
  readonly signal: AbortSignal | undefined;
  /** Told once, before the first wait, who holds the lock, where that is known. */
  readonly onWait?: (owner: LockOwner | undefined) => Promise<void> | void;
  /** After how many seconds without a sign of life a lock counts as left behind. 60 by default. */
  readonly silentSeconds?: number;
}

const defaultSilentSeconds = 60;
const pollSeconds = 0.1;
const signMilliseconds = 10_000;

/**
 * A lock that is a file, and held as long as the file is there and its owner lives: one process at a time writes a
 * file of the cache. It keeps from work being done twice; what is written is safe without it, since every process
 * writes aside and renames.
 *
 * A lock whose process has ended is taken over at once. Where that cannot be told (another machine or container on
 * the same disk), it is taken over when its owner has given no sign of life for a minute.
 */
export class FileLock {
  /** Whether the owner before may still be at work, so that what it left must be left alone. */
  readonly isContested: boolean;
  readonly #location: string;
  readonly #text: string;
  readonly #file: FileHandle;
  readonly #signs: ReturnType<typeof setInterval>;

  private constructor(location: string, text: string, file: FileHandle, isContested: boolean) {
    this.#location = location;
    this.#text = text;
    this.#file = file;
    this.isContested = isContested;
    this.#signs = setInterval(() => {
      const now = new Date();
      file.utimes(now, now).catch(() => {});
    }, signMilliseconds);
    this.#signs.unref();
  }

  /**
   * Takes a lock, waiting until it is free.
   *
   * @returns `undefined` where the file system allows no lock here.
   * @throws The reason of `signal`.
   */
  static async acquire(location: string, options: LockOptions): Promise<FileLock | undefined> {
    const { signal, onWait, silentSeconds = defaultSilentSeconds } = options;
    let isContested = false;
    let isWaiting = false;
    let seen = { sign: "", since: 0 };
    try {
      await makeFolder(dirname(location));
      for (;;) {
        signal?.throwIfAborted();
        const lock = await FileLock.#tryOnce(location, isContested);
        if (lock !== undefined) return lock;
        const state = await readLock(location);
        if (state === undefined) continue;
        if (state.sign !== seen.sign) seen = { sign: state.sign, since: performance.now() };
        const isSilent = performance.now() - seen.since > silentSeconds * 1000;
        if (state.isHeld === false || isSilent) {
          isContested ||= state.isHeld !== false;
          await breakLock(location, state);
          continue;
        }
        if (!isWaiting) await onWait?.(state.owner);
        isWaiting = true;
        await pause(pollSeconds, signal);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (systemErrorCode(error) === undefined) throw error;
      return undefined;
    }
  }

  static async #tryOnce(location: string, isContested: boolean): Promise<FileLock | undefined> {
    const text = JSON.stringify({ ...(await ownProcess()), nonce: randomBytes(8).toString("hex") });
    const aside = asideName(location);
    try {
      await writeFile(aside, text, { flag: "wx" });
      await place(aside, location);
      return new FileLock(location, text, await open(location, "r+"), isContested);
    } catch (error) {
      if (systemErrorCode(error) === "EEXIST") return undefined;
      throw error;
    } finally {
      await rm(aside, { force: true }).catch(() => {});
    }
  }

  /** Gives the lock back, unless somebody has taken it over. Never fails. */
  async release(): Promise<void> {
    clearInterval(this.#signs);
    const text = await readFile(this.#location, "utf8").catch(() => undefined);
    if (text === this.#text) await rm(this.#location, { force: true }).catch(() => {});
    await this.#file.close().catch(() => {});
  }
}

/** A name for a lock that is not in its place. */
function asideName(location: string): string {
  return `${location}.${randomBytes(4).toString("hex")}`;
}

/**
 * Puts a lock in its place; `EEXIST` where there is one. It was written before, so that a process that is killed never
 * leaves one that does not say whose it is. Where a file cannot have two names, it is copied.
 */
async function place(aside: string, location: string): Promise<void> {
  try {
    await link(aside, location);
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") throw error;
    await copyFile(aside, location, constants.COPYFILE_EXCL);
  }
}

/** Removes a lock that was left behind, and no other: two may find it at the same time. */
async function breakLock(location: string, state: LockState): Promise<void> {
  const aside = asideName(location);
  try {
    await rename(location, aside);
    const text = await readFile(aside, "utf8");
    if (text !== state.text) await link(aside, location);
  } catch (error) {
    if (!isNotThere(error) && systemErrorCode(error) !== "EEXIST") throw error;
  } finally {
    await rm(aside, { force: true });
  }
}
