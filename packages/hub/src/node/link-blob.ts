import { copyFile, realpath, rename, rm, symlink } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { systemErrorCode } from "./system-error.ts";
import { writeInCache } from "./to-cache-write-error.ts";
import { asideName } from "./write-aside.ts";

/** How a content gets into a snapshot. */
export interface LinkOptions {
  /** Nobody else uses the content yet. */
  readonly isNew: boolean;
  /** Whether links are to be tried: `HF_HUB_DISABLE_SYMLINKS` says that they are not. */
  readonly linksAllowed: boolean;
}

/** What systems and file systems say that do not allow symbolic links. */
const linksNotAllowed = new Set([
  "EPERM",
  "EACCES",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EINVAL",
  "UNKNOWN",
  // Node's permission model: links want all of the file system.
  "ERR_ACCESS_DENIED",
]);

/**
 * Puts a content in its place in a snapshot: a relative symbolic link or, where those do not work (Windows without
 * developer mode, some network drives) or are not wanted, the file itself. Then a new content is moved there, as huggingface_hub does,
 * and one that others may share is copied.
 *
 * @throws CacheWriteError
 */
export async function linkBlob(
  blob: string,
  location: string,
  { isNew, linksAllowed }: LinkOptions,
): Promise<void> {
  await writeInCache(location, async () => {
    await makeFolder(dirname(location));
    if (await leadsTo(location, blob)) return;
    if (!linksAllowed) return placeFile(blob, location, isNew);
    await rm(location, { force: true });
    const target = relative(dirname(location), blob).split(sep).join("/");
    try {
      await symlink(target, location, "file");
    } catch (error) {
      const code = systemErrorCode(error) ?? "";
      if (code === "EEXIST" && (await leadsTo(location, blob))) return;
      if (!linksNotAllowed.has(code)) throw error;
      await placeFile(blob, location, isNew);
    }
  });
}

async function placeFile(blob: string, location: string, isNew: boolean): Promise<void> {
  if (isNew) return rename(blob, location);
  const aside = asideName(blob, "incomplete");
  try {
    await copyFile(blob, aside);
    await rename(aside, location);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

async function leadsTo(location: string, blob: string): Promise<boolean> {
  try {
    return (await realpath(location)) === (await realpath(blob));
  } catch {
    return false;
  }
}
