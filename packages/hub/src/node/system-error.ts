import { OnestepError } from "@onestep/core";
import { errorCode, errorMessage } from "@onestep/core/internal";
import { CacheWriteError, FileReadError } from "../errors.ts";

const descriptions: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the quota is used up",
  EEXIST: "something is there already",
  EFBIG: "the file system takes no file of that size",
  EIO: "an input/output error of the device",
  EISDIR: "a folder",
  ELOOP: "a loop of symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "a name too long for the file system",
  ENOENT: "nothing there",
  ENOSPC: "no space left on the device",
  ENOTDIR: "a file where a folder should be",
  EPERM: "operation not permitted",
  EROFS: "a read-only file system",
};

/** The code of an error of the operating system (`ENOENT`), or `undefined` for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  return errorCode(error);
}

/** Describes an error of the operating system, with its code. */
export function describeSystemError(error: unknown): string {
  const code = systemErrorCode(error);
  if (code === undefined) return errorMessage(error);
  const description = descriptions[code];
  return description === undefined ? code : `${description} (${code})`;
}

/** Whether the error says that nothing is at a path. */
export function isNotThere(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Converts an error from reading a file to a typed error. Typed errors are returned unchanged. */
export function toFileReadError(path: string, error: unknown): Error {
  if (OnestepError.isInstance(error)) return error;
  return new FileReadError(
    {
      subject: path,
      found: describeSystemError(error),
      expected: "a file that can be read",
      remedy: "Check that the file is still there and that this user may read it.",
    },
    { cause: error },
  );
}

/** Converts an error from writing into the cache to a typed error. Typed errors are returned unchanged. */
export function toCacheWriteError(location: string, error: unknown): Error {
  if (OnestepError.isInstance(error)) return error;
  return new CacheWriteError(
    {
      subject: location,
      found: describeSystemError(error),
      expected: "a place in the cache that can be written",
      remedy:
        "Make room or grant access, or name another cache folder (option cacheDir, HF_HUB_CACHE or HF_HOME); pass localFilesOnly: true to use only what is cached.",
    },
    { cause: error },
  );
}

/** Runs an operation that writes to the cache. @throws CacheWriteError if the operating system refuses. */
export async function writeInCache<Result>(location: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw toCacheWriteError(location, error);
  }
}
