/**
 * Whether an error of a browser's file system says: no such name, a name that no file may have, or a folder where a file
 * was asked for.
 */
export function isMissingEntry(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  return error instanceof DOMException && ["NotFoundError", "TypeMismatchError"].includes(error.name);
}
