import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import { findPathFault } from "../validators.ts";
import { PrivateFolder } from "./private-folder.ts";

const defaultFolder = "onestep";

let hasWarned = false;

/** Options of {@link openStorage}. */
interface StorageOptions {
  /** Name of the folder in the origin private file system; `onestep` by default. */
  readonly cacheDir?: string | undefined;
  /** Whether the caller cannot work without a cache. */
  readonly isNeeded: boolean;
}

/**
 * The folder in which this site keeps models; `undefined`, with a single warning, if the browser has no storage for it:
 * in some private windows, in sandboxed frames, and on pages not loaded over HTTPS.
 *
 * @throws UnsupportedError if there is no storage and it is needed.
 * @throws InvalidArgumentError if `cacheDir` is not a valid folder name.
 */
export async function openStorage({
  cacheDir,
  isNeeded,
}: StorageOptions): Promise<PrivateFolder | undefined> {
  const name = cacheDir ?? defaultFolder;
  checkFolderName(name);
  try {
    // All of these are needed; otherwise the cache could not be written, or could have concurrent writers.
    await navigator.locks.query();
    if (!("createWritable" in FileSystemFileHandle.prototype)) throw new TypeError("no createWritable");
    return new PrivateFolder(await navigator.storage.getDirectory(), name);
  } catch (cause) {
    const found = `no storage for files (${cause instanceof Error ? cause.message : cause})`;
    if (isNeeded) throw noStorage(found, cause);
    if (!hasWarned)
      warn(`This browser gives the page ${found}: models are read in place, and not kept.`, "cache");
    hasWarned = true;
    return undefined;
  }
}

function checkFolderName(name: string): void {
  const fault = name.includes("/") ? "has a slash" : findPathFault(name);
  if (fault === undefined) return;
  throw new InvalidArgumentError({
    subject: "option cacheDir",
    found: `${JSON.stringify(name)}, which ${fault}`,
    expected: "in a browser, the name of a folder in the site's own storage",
    remedy: `Correct it, or leave it out for ${JSON.stringify(defaultFolder)}.`,
  });
}

function noStorage(found: string, cause: unknown): UnsupportedError {
  return new UnsupportedError(
    {
      subject: "cache of the browser",
      found,
      expected: "a page of an HTTPS address (or of localhost) that may store files",
      remedy:
        "Leave out localFilesOnly and cacheDir to read models from the network, or open the page in another window.",
    },
    { cause },
  );
}
