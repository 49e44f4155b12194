import { randomBytes } from "node:crypto";

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
