import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import {
  constants,
  copyFile,
  type FileHandle,
  link,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isRecord } from "@onestep/core/internal";
import type { StoreLock, StoreLockOptions } from "../cache/store.ts";
import { pause } from "../http/retry.ts";
import { isNotThere, systemErrorCode } from "./system-error.ts";
import { makeFolder } from "./write-file.ts";

/** Takes the lock of a cache file; `undefined` if the file system does not support locks. */
export function acquireLock(location: string, options: StoreLockOptions): Promise<StoreLock | undefined> {
  const { onWait, signal } = options;
  return FileLock.acquire(location, {
    signal,
    onWait: (owner) => onWait?.(owner?.pid === process.pid ? undefined : "process"),
  });
}

/** How to wait for a lock. */
export interface LockOptions {
  readonly signal: AbortSignal | undefined;
  /** Called once, before the first wait, with the holder of the lock, if known. */
  readonly onWait?: (owner: LockOwner | undefined) => Promise<void> | void;
  /** Seconds without a sign of life after which a lock counts as abandoned. 60 by default. */
  readonly silentSeconds?: number;
}

const defaultSilentSeconds = 60;
const pollSeconds = 0.1;
const signMilliseconds = 10_000;

/**
 * A lock represented by a file, held as long as the file exists and its owner is alive: one process at a time writes a
 * file of the cache. It prevents duplicate work; writing is safe without it, since every process writes a temporary
 * file and renames it.
 *
 * A lock whose process has ended is taken over at once; on Linux, so is the lock of a terminated thread of this
 * process. If that is unknown (another machine or container on the same disk), it is taken over after a minute without
 * a sign of life.
 */
export class FileLock {
  /** Whether the previous holder may still be working, so that its partial files must be left alone. */
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
   * @returns `undefined` if the file system allows no lock here.
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
    const aside = lockAsideName(location);
    let file: FileHandle | undefined;
    try {
      file = await open(aside, "wx+");
      await file.writeFile(text);
      return new FileLock(location, text, await place(file, aside, location), isContested);
    } catch (error) {
      await file?.close().catch(() => {});
      if (systemErrorCode(error) === "EEXIST") return undefined;
      throw error;
    } finally {
      await rm(aside, { force: true }).catch(() => {});
    }
  }

  /** Releases the lock, unless another process has taken it over. Never fails. */
  async release(): Promise<void> {
    clearInterval(this.#signs);
    const text = await readFile(this.#location, "utf8").catch(() => undefined);
    if (text === this.#text) await rm(this.#location, { force: true }).catch(() => {});
    await this.#file.close().catch(() => {});
  }
}

/** A temporary name for a lock. */
function lockAsideName(location: string): string {
  return `${location}.${randomBytes(4).toString("hex")}`;
}

/**
 * Puts a complete lock file in its place, and returns it, open; `EEXIST` if there is one. So a killed process never leaves
 * a lock without an owner. If the file system has no hard links, the file is copied.
 */
async function place(file: FileHandle, aside: string, location: string): Promise<FileHandle> {
  try {
    await link(aside, location);
    return file;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") throw error;
    await copyFile(aside, location, constants.COPYFILE_EXCL);
    const copy = await open(location, "r+");
    await file.close();
    return copy;
  }
}

/** Removes an abandoned lock, and no other: two processes may find it at the same time. */
async function breakLock(location: string, state: LockState): Promise<void> {
  const aside = lockAsideName(location);
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

/** A lock on disk. */
interface LockState {
  /** The full text, which differs for every lock. */
  readonly text: string;
  /** Changes with each sign of life of its owner. */
  readonly sign: string;
  /** `undefined` if malformed. */
  readonly owner: LockOwner | undefined;
  /** Whether its owner still runs; `undefined` if unknown. */
  readonly isHeld: boolean | undefined;
}

/** Reads a lock; `undefined` if there is no lock. */
export async function readLock(location: string): Promise<LockState | undefined> {
  try {
    const text = await readFile(location, "utf8");
    // After the text: if another lock takes its place, breakLock notices.
    const status = await stat(location);
    const owner = parseLockOwner(parseJson(text));
    const isAlive = owner === undefined ? undefined : await isRunning(owner);
    const isHeld = isAlive === true && owner?.pid === process.pid ? await isOpenHere(status) : isAlive;
    return { text, sign: `${status.ino} ${status.mtimeMs}`, owner, isHeld };
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

/** Whether this process has a file open. A terminated thread's files are no longer open. `true` if that is unknown. */
async function isOpenHere({ dev, ino }: Stats): Promise<boolean> {
  const descriptors = await readdir("/proc/self/fd").catch(() => undefined);
  if (descriptors === undefined) return true;
  for (const descriptor of descriptors) {
    const open = await stat(`/proc/self/fd/${descriptor}`).catch(() => undefined);
    if (open?.ino === ino && open.dev === dev) return true;
  }
  return false;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The process that holds a lock. */
interface LockOwner {
  readonly pid: number;
  /** The machine, its boot time, and the namespace of its process ids. */
  readonly host: string;
  /** When the process started, in the system's units; empty if unknown. Process ids may be reused. */
  readonly started: string;
}

/** This process. */
export async function ownProcess(): Promise<LockOwner> {
  const started = (await readProcess(process.pid))?.started ?? "";
  return { pid: process.pid, host: await describeHost(), started };
}

/** Whether a process still runs; `undefined` if unknown. */
export async function isRunning(owner: LockOwner): Promise<boolean | undefined> {
  if (owner.host !== (await describeHost())) return undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemErrorCode(error) === "ESRCH") return false;
  }
  const found = await readProcess(owner.pid);
  return found === undefined || (found.isAlive && (owner.started === "" || found.started === owner.started));
}

/** Checks what was read from a file; `undefined` if it is malformed. */
export function parseLockOwner(value: unknown): LockOwner | undefined {
  if (!isRecord(value)) return undefined;
  const { pid, host, started } = value as Readonly<Record<keyof LockOwner, unknown>>;
  if (!Number.isSafeInteger(pid) || typeof pid !== "number" || pid <= 0) return undefined;
  return typeof host === "string" && typeof started === "string" ? { pid, host, started } : undefined;
}

/** Containers may share a name and a disk without seeing each other's processes. */
async function describeHost(): Promise<string> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const space = await readlink("/proc/self/ns/pid").catch(() => "");
  return [hostname(), boot.trim(), space].filter((part) => part !== "").join(" ");
}

/** What Linux knows of a process (`proc(5)`, `stat`): its state, and its start in ticks since boot. */
async function readProcess(pid: number): Promise<{ isAlive: boolean; started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields[0], fields[19]];
  return started === undefined ? undefined : { isAlive: state !== "Z" && state !== "X", started };
}
