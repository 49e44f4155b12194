import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeInCache } from "./to-cache-write-error.ts";

/** A name beside `location` that nobody else uses. */
export function asideName(location: string, ending: string): string {
  return `${location}.${randomBytes(4).toString("hex")}.${ending}`;
}

/**
 * Writes a small file as a whole: aside first, then renamed, so that readers see the old file or the new one.
 *
 * @throws CacheWriteError
 */
export async function writeAside(location: string, text: string): Promise<void> {
  const aside = asideName(location, "tmp");
  await writeInCache(location, async () => {
    await mkdir(dirname(location), { recursive: true });
    try {
      await writeFile(aside, text, { flag: "wx", flush: true });
      await rename(aside, location);
    } catch (error) {
      await rm(aside, { force: true }).catch(() => {});
      throw error;
    }
  });
}
