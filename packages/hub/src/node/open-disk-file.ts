import { realpath, stat } from "node:fs/promises";
import { DiskFile } from "./disk-file.ts";
import { isNotThere } from "./system-error.ts";
import { toFileReadError } from "./to-file-read-error.ts";

/**
 * The file at a place on disk, symbolic links followed; `undefined` where there is none, or a folder, or a link that
 * leads nowhere.
 *
 * @param path - The file's path in its repository.
 */
export async function openDiskFile(path: string, location: string): Promise<DiskFile | undefined> {
  try {
    const localPath = await realpath(location);
    const status = await stat(localPath, { bigint: true });
    return status.isFile() ? new DiskFile(path, localPath, status) : undefined;
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw toFileReadError(location, error);
  }
}
