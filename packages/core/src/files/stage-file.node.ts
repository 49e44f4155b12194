import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { errorCode, errorMessage, isUint8Array } from "../realm.ts";
import { toFileWriteError } from "./to-file-write-error.node.ts";

/** Where a file belongs, and the permissions of the file that stands there. */
export interface FileTarget {
  readonly path: string;
  readonly mode: number | undefined;
}

/**
 * Writes a file under another name beside its place and flushes it to the disk, so that only a rename is left to do.
 * Whatever goes wrong, nothing of it is left.
 *
 * @returns The path under which it was written.
 * @throws FileWriteError where it cannot be written; what the source of `content` throws; the signal's reason.
 */
export async function stageFile(
  target: FileTarget,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const aside = asideName(target.path);
  const file = await attempt(target.path, () => open(aside, "wx", target.mode));
  try {
    await fill(file, target, content, signal);
    return aside;
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A name beside `path` that nobody else uses. */
export function asideName(path: string): string {
  return join(dirname(path), `.onestep-${randomUUID()}.tmp`);
}

/** Refuses what is neither bytes nor pieces of bytes. @throws InvalidArgumentError */
export function requireContent(content: unknown): void {
  if (isUint8Array(content)) return;
  if (typeof content === "object" && content !== null && Symbol.asyncIterator in content) return;
  throw new InvalidArgumentError({
    subject: "content",
    found: Object.prototype.toString.call(content).slice(8, -1),
    expected: "a Uint8Array, or an async iterable of them",
    remedy: "Encode text with a TextEncoder first.",
  });
}

/** Does something with the file at `path`. @throws FileWriteError where the operating system refuses. */
export async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toFileWriteError(path, error);
  }
}

async function fill(
  file: FileHandle,
  target: FileTarget,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    for await (const piece of isUint8Array(content) ? [content] : content) {
      signal?.throwIfAborted();
      await attempt(target.path, () => writeAll(file, piece));
    }
    await attempt(target.path, async () => {
      if (target.mode !== undefined) await wherePossible(() => file.chmod(target.mode as number));
      await wherePossible(() => file.sync());
    });
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await attempt(target.path, () => file.close());
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.length; ) {
    const { bytesWritten } = await file.write(piece, offset);
    offset += bytesWritten;
  }
}

/**
 * Does what a file system or Node itself may not offer: Node's permission model lets nobody change modes, the file systems
 * of Yarn's Plug'n'Play cannot flush. The bytes are the same without.
 */
async function wherePossible(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isRefused = ["ERR_ACCESS_DENIED", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EPERM"].includes(
      errorCode(error) ?? "",
    );
    if (!isRefused && !errorMessage(error).includes("not implemented")) throw error;
  }
}
