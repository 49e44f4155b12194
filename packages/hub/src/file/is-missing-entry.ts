/** Whether an error of a browser's file system says: no such name, or a folder where a file was asked for. */
export function isMissingEntry(error: unknown): boolean {
  return error instanceof DOMException && ["NotFoundError", "TypeMismatchError"].includes(error.name);
}
