import { dirname } from "node:path";
import { FileWriteError } from "../errors/file-write-error.ts";
import type { Problem } from "../errors/onestep-error.ts";
import { errorCode, errorMessage } from "../realm.ts";

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

/** Says in words why a system call failed to write a file. */
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
