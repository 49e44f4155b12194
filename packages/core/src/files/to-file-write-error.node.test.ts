import { expect, it } from "vitest";
import { FileWriteError } from "../errors/file-write-error.ts";
import { toFileWriteError } from "./to-file-write-error.node.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: the system says so`), { code });
}

it.each([
  [
    "ENOENT",
    "found no folder /some, expected a folder that exists. Make the folder first, or correct the path.",
  ],
  ["ENOTDIR", "found a file where the path has a folder, expected a path whose parents are folders."],
  ["EEXIST", "found a file where the path has a folder, expected a path whose parents are folders."],
  [
    "EACCES",
    "found no permission to write there, expected a folder that you may write to. Change the permissions",
  ],
  ["EPERM", "found no permission to write there"],
  ["EROFS", "found a read-only file system, expected a folder that can be written to."],
  ["ENOSPC", "found no room left on the disk, expected room for the file. Free some space"],
  ["EDQUOT", "found no room left in your disk quota"],
  ["ENAMETOOLONG", "found a name that is too long"],
  ["EIO", "found EIO: the system says so, expected a file that can be written. See the cause of this error."],
])("says what %s means", (code, words) => {
  const cause = systemError(code);
  const error = toFileWriteError("/some/a.png", cause);
  expect(error).toBeInstanceOf(FileWriteError);
  expect(error.message).toContain(`/some/a.png: ${words}`);
  expect(error.cause).toBe(cause);
});

it("takes anything thrown", () => {
  expect(toFileWriteError("/a", "words").message).toContain("found words");
});
