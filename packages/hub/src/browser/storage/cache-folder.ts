import type { CacheLocation } from "../../cache/cache-report.ts";
import { openStorage } from "./open-storage.ts";
import type { PrivateFolder } from "./private-folder.ts";

/** The folder of a cache that is to be looked at. @throws UnsupportedError where the browser has no storage. */
export async function openCacheFolder({ cacheDir }: CacheLocation): Promise<PrivateFolder> {
  return (await openStorage({ cacheDir, isNeeded: true })) as PrivateFolder;
}
