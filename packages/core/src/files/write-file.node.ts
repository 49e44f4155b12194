import { randomUUID } from "node:crypto";
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FileWriteError } from "../errors/file-write-error.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { toFileWriteError } from "./to-file-write-error.node.ts";
import type { WriteFileOptions } from "./write-file-options.ts";

/**
 * Writes a file so that it is there as a whole or not at all: under another name beside its place, flushed to the disk,
 * then renamed. A file that stood there is replaced and keeps its permissions; a link is followed.
 *
 * @param path - A path or a `file:` URL. The folder must exist, unless `createFolder` is set.
 * @param content - All bytes, or pieces as they come. What the pieces' source throws is thrown on.
 * @throws FileWriteError where the file cannot be written; the message says why.
 * @throws InvalidArgumentError where `path` is none.
 * @throws The signal's reason, where it is aborted.
 */
export async function writeFileAside(
  path: string | URL,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: WriteFileOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  requireContent(content);
  const target = await findTarget(toPath(path), options);
  const aside = join(dirname(target.path), `.onestep-${randomUUID()}.tmp`);
  const file = await attempt(target.path, () => open(aside, "wx", target.mode));
  try {
    await fill(file, target, content, options.signal);
    options.signal?.throwIfAborted();
    await attempt(target.path, () => rename(aside, target.path));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

interface Target {
  readonly path: string;
  /** The permissions of the file that stands there. */
  readonly mode: number | undefined;
}

function requireContent(content: unknown): void {
  if (content instanceof Uint8Array) return;
  if (typeof content === "object" && content !== null && Symbol.asyncIterator in content) return;
  throw new InvalidArgumentError({
    subject: "content",
    found: Object.prototype.toString.call(content).slice(8, -1),
    expected: "a Uint8Array, or an async iterable of them",
    remedy: "Encode text with a TextEncoder first.",
  });
}

async function findTarget(path: string, { createFolder }: WriteFileOptions): Promise<Target> {
  if (createFolder === true) await attempt(path, () => mkdir(dirname(path), { recursive: true }));
  const resolved = await attempt(path, () => realpath(path).catch(ignoreMissing));
  if (resolved === undefined) return { path, mode: undefined };
  const status = await attempt(path, () => stat(resolved));
  if (!status.isFile()) {
    throw new FileWriteError({
      subject: path,
      found: status.isDirectory() ? "a folder" : "something that is not a file",
      expected: "a file, or nothing yet",
      remedy: "Choose another path.",
    });
  }
  await attempt(path, () => access(resolved, constants.W_OK));
  return { path: resolved, mode: status.mode & 0o777 };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function toPath(path: string | URL): string {
  try {
    const text = path instanceof URL ? fileURLToPath(path) : path;
    if (typeof text === "string" && text !== "" && !text.includes("\0")) return text;
  } catch {
    // Not a file: URL, or one with a host; reported below.
  }
  throw new InvalidArgumentError({
    subject: "path",
    found: typeof path === "string" ? JSON.stringify(path) : String(path),
    expected: "the path of a file, or a file: URL",
    remedy: "Pass a path that is not empty.",
  });
}

async function fill(
  file: FileHandle,
  target: Target,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      signal?.throwIfAborted();
      await attempt(target.path, () => writeAll(file, piece));
    }
    await attempt(target.path, async () => {
      if (target.mode !== undefined) await file.chmod(target.mode);
      await file.sync();
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

async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toFileWriteError(path, error);
  }
}
