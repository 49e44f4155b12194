import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeValue } from "../config/describe-value.ts";
import { FileWriteError, InvalidArgumentError, type Problem } from "../errors.ts";
import { errorCode, errorMessage, isUint8Array, isUrl } from "../realm.ts";

/** The destination of a file, and the permissions of an existing file there. */
export interface FileTarget {
  readonly path: string;
  readonly mode: number | undefined;
}

/**
 * Writes a file under a temporary name next to its destination and flushes it to disk, so that only a rename remains.
 * On failure, nothing is left behind.
 *
 * @returns The temporary path.
 * @throws FileWriteError if it cannot be written; errors from the source of `content`; the signal's reason.
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

/** A unique temporary name next to `path`. */
export function asideName(path: string): string {
  return join(dirname(path), `.onestep-${randomUUID()}.tmp`);
}

/** Rejects anything but bytes or chunks of bytes. @throws InvalidArgumentError */
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

/** Performs a file operation on `path`. @throws FileWriteError if the operating system refuses. */
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
 * Performs an optional operation that may be unsupported: Node's permission model forbids changing modes, and Yarn's
 * Plug'n'Play file systems cannot flush. The file's content does not depend on it.
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

/**
 * Creates a folder and its missing parents. On a read-only file system Node reports ENOENT; this reports the system's
 * own error.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const missing = await findFirstMissing(folder);
    if (missing !== undefined) await mkdir(missing);
    throw error;
  }
}

async function findFirstMissing(folder: string): Promise<string | undefined> {
  let missing: string | undefined;
  for (let path = folder; ; path = dirname(path)) {
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (isThere || dirname(path) === path) return missing;
    missing = path;
  }
}

type Cause = Pick<Problem, "found" | "expected" | "remedy">;

const causes: Readonly<Record<string, Cause>> = {
  EACCES: {
    found: "no permission to write there",
    expected: "a folder that you may write to",
    remedy: "Change the permissions, or choose another path.",
  },
  EDQUOT: {
    found: "no room left in your disk quota",
    expected: "room for the file",
    remedy: "Free some space, or choose another disk.",
  },
  ENAMETOOLONG: {
    found: "a name that is too long",
    expected: "a name that the file system takes",
    remedy: "Choose a shorter name.",
  },
  ENOSPC: {
    found: "no room left on the disk",
    expected: "room for the file",
    remedy: "Free some space, or choose another disk.",
  },
  ENOTDIR: {
    found: "a file where the path has a folder",
    expected: "a path whose parents are folders",
    remedy: "Correct the path.",
  },
  EROFS: {
    found: "a read-only file system",
    expected: "a folder that can be written to",
    remedy: "Choose another path.",
  },
};

const aliases: Readonly<Record<string, string>> = { EPERM: "EACCES", EEXIST: "ENOTDIR" };

/** Describes why a system call failed to write a file. */
export function toFileWriteError(path: string, error: unknown): FileWriteError {
  const code = errorCode(error) ?? "";
  return new FileWriteError({ subject: path, ...describe(code, path, error) }, { cause: error });
}

function describe(code: string, path: string, error: unknown): Cause {
  if (code === "ENOENT") {
    return {
      found: `no folder ${dirname(path)}`,
      expected: "a folder that exists",
      remedy: "Make the folder first, or correct the path.",
    };
  }
  const name = Object.hasOwn(aliases, code) ? aliases[code] : code;
  const known = name !== undefined && Object.hasOwn(causes, name) ? causes[name] : undefined;
  return (
    known ?? {
      found: errorMessage(error),
      expected: "a file that can be written",
      remedy: "See the cause of this error.",
    }
  );
}

/** The path on disk for a path or a `file:` URL (a string or a `URL`). @throws InvalidArgumentError if it is neither. */
export function toPath(path: string | URL): string {
  try {
    const fromUrl = isUrl(path) || (typeof path === "string" && /^file:\/\//i.test(path));
    const text = fromUrl ? fileURLToPath(path) : path;
    if (typeof text === "string" && text !== "" && !text.includes("\0")) return text;
  } catch {
    // Not a file: URL, or one with a host; reported below.
  }
  throw new InvalidArgumentError({
    subject: "path",
    found: describeValue(path),
    expected: "the path of a file, or a file: URL",
    remedy: "Pass a path that is not empty.",
  });
}
