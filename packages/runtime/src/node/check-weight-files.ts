import type { Stats } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { WeightsFileError } from "../errors/weights-file-error.ts";

/**
 * Checks that every path is a regular file that can be read.
 *
 * @throws WeightsFileError for the first that is not.
 */
export async function checkWeightFiles(paths: Iterable<string>): Promise<void> {
  for (const path of paths) {
    try {
      const kind = describeKind(await lstat(path));
      if (kind !== undefined) throw problem(path, kind);
      const file = await open(path);
      await file.close();
    } catch (error) {
      throw error instanceof WeightsFileError ? error : problem(path, describeSystemError(error), error);
    }
  }
}

/** What is there instead of a regular file. */
function describeKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return "a folder";
  return stats.isSymbolicLink() ? "a symbolic link" : "something that is not a regular file";
}

function describeSystemError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file";
  return code === "EACCES" || code === "EPERM" ? "a file that this process may not read" : message;
}

function problem(path: string, found: string, cause?: unknown): WeightsFileError {
  return new WeightsFileError(
    {
      subject: path,
      found,
      expected: "a regular file with the weights of the model, its path resolved with `realpath`",
      remedy: "Load the checkpoint again from where it is complete.",
    },
    { cause },
  );
}
