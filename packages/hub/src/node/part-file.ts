import { createHash, type Hash, randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorMessage } from "@onestep/core/internal";
import type { LeftParts, Part } from "../cache/store.ts";
import { DiskSpaceError } from "../errors.ts";
import { isSha256 } from "../hub-api/listing.ts";
import { hashFile, updateFromFile } from "./disk-file.ts";
import { writeInCache } from "./system-error.ts";
import { makeFolder, shortName } from "./write-file.ts";

/** The file to download. */
interface PartOptions {
  /** The final location of the file. */
  readonly location: string;
  /** Its SHA-256 or git object, if known. */
  readonly objectId: string | undefined;
  /** The version of the content, if `location` does not identify it; hexadecimal. Empty otherwise. */
  readonly version: string;
  /** Only the holder of the file's lock may adopt or remove them. */
  readonly leftParts: LeftParts;
  readonly signal: AbortSignal | undefined;
}

/**
 * A partial download on disk: written to a temporary file next to the final one, and renamed when it is complete. A later
 * download can resume it.
 */
export class PartFile implements Part {
  /** The number of bytes written so far. */
  #size: number;
  /** Whether some of them come from an earlier transfer. */
  #hasOldBytes: boolean;
  readonly #options: PartOptions;
  readonly #aside: string;
  readonly #file: FileHandle;
  /** The hash of the bytes so far, if it can be computed incrementally. */
  #hash: Hash | undefined;

  private constructor(options: PartOptions, aside: string, file: FileHandle, size: number) {
    this.#options = options;
    this.#aside = aside;
    this.#file = file;
    this.#size = size;
    this.#hasOldBytes = size > 0;
    this.#hash = this.#newHash();
  }

  /** @throws CacheWriteError; the reason of the signal. */
  static async open(options: PartOptions): Promise<PartFile> {
    const { leftParts, location, signal } = options;
    const aside = makePartName(location, options.version);
    const isAdopted = await writeInCache(location, async () => {
      await makeFolder(dirname(location));
      return leftParts !== "leave" && (await takeUpParts(options, aside));
    });
    const file = await writeInCache(location, () => open(aside, isAdopted ? "r+" : "wx"));
    const size = isAdopted ? (await file.stat()).size : 0;
    const part = new PartFile(options, aside, file, size);
    try {
      if (part.#hash !== undefined && size > 0) await updateFromFile([part.#hash], aside, signal);
      return part;
    } catch (error) {
      await part.keep();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  get hasOldBytes(): boolean {
    return this.#hasOldBytes;
  }

  checkFreeSpace(neededBytes: number): Promise<void> {
    return checkFreeSpace(this.#options.location, neededBytes);
  }

  /** Adds bytes at the end. @throws CacheWriteError */
  async write(bytes: Uint8Array): Promise<void> {
    await writeInCache(this.#options.location, async () => {
      let written = 0;
      while (written < bytes.length) {
        const position = this.#size + written;
        written += (await this.#file.write(bytes, written, bytes.length - written, position)).bytesWritten;
      }
    });
    this.#hash?.update(bytes);
    this.#size += bytes.length;
  }

  /** Discards all bytes. @throws CacheWriteError */
  async restart(): Promise<void> {
    await writeInCache(this.#options.location, () => this.#file.truncate(0));
    this.#size = 0;
    this.#hasOldBytes = false;
    this.#hash = this.#newHash();
  }

  async names(): Promise<readonly string[] | undefined> {
    const { objectId, signal } = this.#options;
    if (objectId === undefined) return undefined;
    if (this.#hash !== undefined) return [this.#hash.copy().digest("hex")];
    return hashFile(this.#aside, this.#size, objectId, signal);
  }

  /** Flushes the file to the disk and renames it. @throws CacheWriteError */
  async finish(): Promise<void> {
    const { location } = this.#options;
    try {
      await writeInCache(location, () => flush(this.#file));
    } finally {
      await this.#file.close();
    }
    await writeInCache(location, () => rename(this.#aside, location));
  }

  /** Keeps the bytes for a later download. Never fails. */
  async keep(): Promise<void> {
    await this.#file.close().catch(() => {});
    if (this.#size === 0) await rm(this.#aside, { force: true }).catch(() => {});
  }

  /** Removes the file. Never fails. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#aside, { force: true }).catch(() => {});
  }

  /**
   * A git object id covers the length, which may be unknown until the file is complete; then it is computed at the end.
   */
  #newHash(): Hash | undefined {
    const { objectId } = this.#options;
    return objectId !== undefined && isSha256(objectId) ? createHash("sha256") : undefined;
  }
}

/** Adopts the longest partial download, if requested, and removes the others. @returns Whether it adopted one. */
async function takeUpParts({ leftParts, location, version }: PartOptions, aside: string): Promise<boolean> {
  const { own, others } = await findParts(location, version);
  const sized = await Promise.all(
    own.map(async (path) => ({ path, size: (await stat(path).catch(() => undefined))?.size ?? 0 })),
  );
  sized.sort((first, second) => second.size - first.size);
  const longest = leftParts === "adopt" ? sized[0] : undefined;
  for (const path of [...others, ...own]) {
    if (path !== longest?.path) await rm(path, { force: true }).catch(() => {});
  }
  if (longest === undefined) return false;
  return rename(longest.path, aside).then(
    () => true,
    () => false,
  );
}

/** Flushes a file to disk, except on the virtual file systems of Yarn's Plug'n'Play, which cannot. */
async function flush(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (!errorMessage(error).includes("not implemented")) throw error;
  }
}

/** `.onestep-<16 digits>-<8 digits>.incomplete` */
const longestAddition = 45;

const partEnding = /^\.onestep-([0-9a-f]+-)?[0-9a-f]{8}\.incomplete$/;

/**
 * The name of a partial file: `<name>.onestep-<8 digits>.incomplete`, next to the final file.
 *
 * huggingface_hub (2.0) writes `<name>.<8 digits>.incomplete`; its tools (`hf cache ls`, `hf cache prune`) take both for
 * what they are. The names differ so that a file that Python is writing is not adopted.
 *
 * @param version - The version of the content, if the file name does not identify it. Hexadecimal.
 */
function makePartName(location: string, version: string): string {
  const added = `.onestep-${versionPrefix(version)}${randomBytes(4).toString("hex")}.incomplete`;
  return join(dirname(location), stem(location) + added);
}

/** The partial downloads of a file, of this version and of all others. */
async function findParts(
  location: string,
  version: string,
): Promise<{ readonly own: readonly string[]; readonly others: readonly string[] }> {
  const name = stem(location);
  const start = `.onestep-${versionPrefix(version)}`;
  const own: string[] = [];
  const others: string[] = [];
  for (const entry of await readdir(dirname(location)).catch((): string[] => [])) {
    const rest = entry.startsWith(name) ? entry.slice(name.length) : "";
    if (!partEnding.test(rest)) continue;
    const isOwn = rest.startsWith(start) && /^[0-9a-f]{8}\./.test(rest.slice(start.length));
    (isOwn ? own : others).push(join(dirname(location), entry));
  }
  return { own, others };
}

/** The same for all parts of a file, whatever is added. */
function stem(location: string): string {
  return shortName(basename(location), longestAddition);
}

function versionPrefix(version: string): string {
  return version === "" ? "" : `${version}-`;
}

/**
 * Checks that a file fits before downloading it. Passes if the file system does not report its free space.
 *
 * @throws DiskSpaceError
 */
async function checkFreeSpace(location: string, neededBytes: number): Promise<void> {
  const freeBytes = await readFreeBytes(dirname(location));
  if (freeBytes === undefined || neededBytes <= freeBytes) return;
  throw new DiskSpaceError(
    {
      subject: location,
      found: `${freeBytes} bytes free on the disk`,
      expected: `${neededBytes} bytes, which are still to be downloaded`,
      remedy: "Make room, or name a cache folder on another disk (option cacheDir, HF_HUB_CACHE or HF_HOME).",
      summary: `There is not enough space for ${location}: ${neededBytes} bytes are needed, and ${freeBytes} are free.`,
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
