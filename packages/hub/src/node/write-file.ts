import { createHash, randomBytes } from "node:crypto";
import {
  access,
  constants,
  copyFile,
  mkdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { isNotThere, systemErrorCode, writeInCache } from "./system-error.ts";

/** A unique name next to `location`. */
function asideName(location: string, ending: string): string {
  const added = `.${randomBytes(4).toString("hex")}.${ending}`;
  return join(dirname(location), shortName(basename(location), added.length) + added);
}

/**
 * Writes a small file atomically: to a temporary file first, then renamed, so that readers see either the old file or
 * the new one.
 *
 * @param folder - The folder of the temporary file, on the same disk. Nothing else reads files there. The
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
 * Checks that a file can be written at a path, before it is downloaded. Creates nothing.
 *
 * @throws CacheWriteError if the folder, or the nearest one above that is there, cannot be written.
 */
export async function checkWritable(location: string): Promise<void> {
  await writeInCache(location, async () => {
    const { present } = await findPlace(dirname(location));
    await access(present, constants.W_OK | constants.X_OK);
  });
}

/** The nearest existing parent folder, and what is missing below it. */
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

/** How a content gets into a snapshot. */
interface LinkOptions {
  /** Nothing else uses the content yet. */
  readonly isNew: boolean;
  /** Whether to try links: `HF_HUB_DISABLE_SYMLINKS` disables them. */
  readonly linksAllowed: boolean;
}

/** Error codes of systems and file systems that do not allow symbolic links. */
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
 * Adds a content to a snapshot: a relative symbolic link or, if those do not work (Windows without
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

/** The longest file name, in bytes, on the file systems of Linux, macOS and Windows. */
const longestName = 255;

/**
 * The name of a file, to which something is added to name another beside it; where the two together would be too long,
 * 40 hexadecimal digits that stand for it.
 *
 * @param addedBytes - How many bytes are added.
 */
export function shortName(name: string, addedBytes: number): string {
  if (Buffer.byteLength(name) + addedBytes <= longestName) return name;
  return createHash("sha256").update(name).digest("hex").slice(0, 40);
}
