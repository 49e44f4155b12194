import { errorMessage, isError, OnestepError } from "@onestep/core";
import { FileReadError } from "../errors/file-read-error.ts";

/** How browsers refuse a name that no file may have. They throw TypeErrors for all kinds of mistakes besides. */
const refusedName = /\bname is (?:not allowed|invalid)/i;

/**
 * Whether an error of a browser's file system says: no such name, a name that no file may have, or a folder where a file
 * was asked for.
 */
export function isMissingEntry(error: unknown): boolean {
  if (!isError(error)) return false;
  if (error.name === "TypeError") return refusedName.test(error.message);
  return ["NotFoundError", "TypeMismatchError"].includes(error.name);
}

/** What is found at a path in a browser's file system; `undefined` where nothing is. @throws FileReadError */
export async function findEntry<Entry>(path: string, find: () => Promise<Entry>): Promise<Entry | undefined> {
  try {
    return await find();
  } catch (cause) {
    if (isMissingEntry(cause)) return undefined;
    if (OnestepError.isInstance(cause)) throw cause;
    throw new FileReadError(
      {
        subject: path,
        found: isError(cause) ? `${cause.name}: ${cause.message}` : errorMessage(cause),
        expected: "a file, or nothing, that the browser lets the page see",
        remedy: "Choose the folder again, or allow the page to read it.",
      },
      { cause },
    );
  }
}
