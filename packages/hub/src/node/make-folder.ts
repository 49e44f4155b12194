import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isNotThere, systemErrorCode } from "./system-error.ts";
import { writeInCache } from "./to-cache-write-error.ts";

/**
 * Makes a folder, and those above it that are not there. Node says "nothing there" of a read-only file system; here the
 * error is the one of the system.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
    const { missing } = await findPlace(folder);
    if (missing !== undefined) await mkdir(missing);
    throw error;
  }
}

/**
 * Makes sure that a file can be put at a place, before it is fetched. Nothing is made.
 *
 * @throws CacheWriteError where the folder, or the nearest one above that is there, cannot be written.
 */
export async function checkWritable(location: string): Promise<void> {
  await writeInCache(location, async () => {
    const { present } = await findPlace(dirname(location));
    await access(present, constants.W_OK | constants.X_OK);
  });
}

/** The nearest folder above that is there, and what is missing in it. */
async function findPlace(
  folder: string,
): Promise<{ readonly present: string; readonly missing: string | undefined }> {
  let missing: string | undefined;
  for (let present = folder; ; present = dirname(present)) {
    const isThere = await stat(present).then(
      () => true,
      (error: unknown) => {
        if (isNotThere(error)) return false;
        throw error;
      },
    );
    if (isThere || dirname(present) === present) return { present, missing };
    missing = present;
  }
}
