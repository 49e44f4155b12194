import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it that are not there. Of a read-only file system Node says that nothing is there
 * (ENOENT); here the error is the one of the system.
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
