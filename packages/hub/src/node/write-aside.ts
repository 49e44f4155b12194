import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { shortName } from "./short-name.ts";
import { writeInCache } from "./to-cache-write-error.ts";

/** A name beside `location` that nobody else uses. */
export function asideName(location: string, ending: string): string {
  const added = `.${randomBytes(4).toString("hex")}.${ending}`;
  return join(dirname(location), shortName(basename(location), added.length) + added);
}

/**
 * Writes a small file as a whole: aside first, then renamed, so that readers see the old file or the new one.
 *
 * @param folder - Where it is written first: a folder of the same disk in which nobody looks for other files. The
 * file's own by default.
 * @throws CacheWriteError
 */
export async function writeAside(
  location: string,
  text: string,
  folder: string = dirname(location),
): Promise<void> {
  const aside = asideName(join(folder, basename(location)), "tmp");
  await writeInCache(location, async () => {
    await makeFolder(dirname(location));
    try {
      await writeFile(aside, text, { flag: "wx", flush: true });
      await rename(aside, location);
    } catch (error) {
      await rm(aside, { force: true }).catch(() => {});
      throw error;
    }
  });
}
