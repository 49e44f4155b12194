import { errorCode, errorMessage } from "@onestep/core";

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

/** What an error of the operating system says, in words, with its code. */
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
