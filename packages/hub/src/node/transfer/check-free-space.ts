import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { DiskSpaceError } from "../../errors/disk-space-error.ts";

/**
 * Checks that a file fits before it is fetched. A file system that does not tell its size passes.
 *
 * @throws DiskSpaceError
 */
export async function checkFreeSpace(location: string, neededBytes: number): Promise<void> {
  const freeBytes = await readFreeBytes(dirname(location));
  if (freeBytes === undefined || neededBytes <= freeBytes) return;
  throw new DiskSpaceError(
    {
      subject: location,
      found: `${freeBytes} bytes free on the disk`,
      expected: `${neededBytes} bytes, which are still to be fetched`,
      remedy: "Make room, or name a cache folder on another disk (option cacheDir, HF_HUB_CACHE or HF_HOME).",
    },
    { neededBytes, freeBytes },
  );
}

async function readFreeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return blocks > 0 && bsize > 0 ? bavail * bsize : undefined;
  } catch {
    return undefined;
  }
}
