import { readFile, stat } from "node:fs/promises";
import { isNotThere } from "../system-error.ts";
import { isRunning, type LockOwner, parseLockOwner } from "./lock-owner.ts";

/** A lock as it lies on the disk. */
export interface LockState {
  /** All of it, which differs from lock to lock. */
  readonly text: string;
  /** Differs from one sign of life of its owner to the next. */
  readonly sign: string;
  /** `undefined` where it does not say in form. */
  readonly owner: LockOwner | undefined;
  /** Whether its owner still runs; `undefined` where that cannot be told. */
  readonly isHeld: boolean | undefined;
}

/** Reads a lock; `undefined` where there is none. */
export async function readLock(location: string): Promise<LockState | undefined> {
  try {
    const { ino, mtimeMs } = await stat(location);
    const text = await readFile(location, "utf8");
    const owner = parseLockOwner(parseJson(text));
    const isHeld = owner === undefined ? undefined : await isRunning(owner);
    return { text, sign: `${ino} ${mtimeMs}`, owner, isHeld };
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
