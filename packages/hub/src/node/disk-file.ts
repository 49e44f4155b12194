import { createHash, type Hash } from "node:crypto";
import { type BigIntStats, createReadStream } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { IntegrityError } from "../errors.ts";
import { isSha256 } from "../hub-api/listing.ts";
import type { ReadOptions, RepositoryFile, TextOptions } from "../repository.ts";
import { checkRange, readText } from "../repository-file.ts";
import { isNotThere, toFileReadError } from "./system-error.ts";

/**
 * The file at a location on disk, following symbolic links; `undefined` if nothing, a folder or a broken link is there.
 *
 * @param path - The file's path in its repository.
 */
export async function openDiskFile(path: string, location: string): Promise<DiskFile | undefined> {
  try {
    const localPath = await realpath(location);
    const status = await stat(localPath, { bigint: true });
    return status.isFile() ? new DiskFile(path, localPath, status) : undefined;
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw toFileReadError(location, error);
  }
}

/** A file of a repository on disk. Once it has been replaced or modified, reading from it fails. */
export class DiskFile implements RepositoryFile {
  readonly path: string;
  readonly size: number;
  readonly localPath: string;

  readonly #status: BigIntStats;
  readonly #openedAt: number = Date.now();

  /**
   * @param localPath - Absolute, symbolic links resolved.
   * @param status - The status of the file at that path.
   */
  constructor(path: string, localPath: string, status: BigIntStats) {
    this.path = path;
    this.localPath = localPath;
    this.size = Number(status.size);
    this.#status = status;
  }

  async read(start: number, end: number, options: ReadOptions = {}): Promise<Uint8Array> {
    checkRange(this, start, end);
    options.signal?.throwIfAborted();
    const bytes = new Uint8Array(end - start);
    const filled = await this.#fill(bytes, start, options.signal);
    if (filled < bytes.length) {
      throw this.#changed(`an end after ${start + filled} bytes`, `${this.size} bytes`);
    }
    return bytes;
  }

  text(options: TextOptions = {}): Promise<string> {
    return readText(this, options);
  }

  #changed(found: string, expected: string): IntegrityError {
    return new IntegrityError({
      subject: this.localPath,
      found,
      expected: `${expected}, as when the file was opened`,
      remedy: "The file has changed; open the repository again.",
    });
  }

  /** Reads from `position` until `bytes` is full or the file ends. Returns the number of bytes read. */
  async #fill(bytes: Uint8Array, position: number, signal: AbortSignal | undefined): Promise<number> {
    let filled = 0;
    try {
      const file = await open(this.localPath, "r");
      try {
        while (filled < bytes.length) {
          signal?.throwIfAborted();
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        if (
          filled === bytes.length &&
          !isSameFile(this.#status, await file.stat({ bigint: true }), this.#openedAt)
        ) {
          throw this.#changed("another file, or another content", "the same file");
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw toFileReadError(this.localPath, error);
    }
    return filled;
  }
}

/**
 * Whether a file was neither replaced nor written to. Another number alone does not say so: network and other mounted
 * file systems renumber their files. One that was put in its place after the first was opened has a later time of
 * status; if times are too coarse to tell, or too close, the number decides.
 */
function isSameFile(before: BigIntStats, now: BigIntStats, openedAt: number): boolean {
  if (before.size !== now.size || before.mtimeNs !== now.mtimeNs) return false;
  if (before.ino === now.ino) return true;
  const hasSettled = openedAt - Number(before.ctimeMs) > (isCoarse(before.ctimeNs) ? 2000 : 100);
  return hasSettled && before.ctimeNs === now.ctimeNs;
}

/** Whether a file system stores times in whole seconds. */
function isCoarse(timeNs: bigint): boolean {
  return timeNs % 1_000_000_000n === 0n;
}

/**
 * The names that a content on disk may have, of the same length as `objectId`: its SHA-256; or its git object, which
 * covers the length too, and its plain SHA-1, by which some mirrors name it, in this order.
 *
 * @throws What reading throws; the reason of `signal`.
 */
export async function hashFile(
  location: string,
  size: number,
  objectId: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const hashes = isSha256(objectId)
    ? [createHash("sha256")]
    : [createHash("sha1").update(`blob ${size}\0`), createHash("sha1")];
  await updateFromFile(hashes, location, signal);
  return hashes.map((hash) => hash.digest("hex"));
}

/** Adds a file's bytes to hashes incrementally. */
export async function updateFromFile(
  hashes: readonly Hash[],
  location: string,
  signal?: AbortSignal,
): Promise<void> {
  for await (const chunk of createReadStream(location, { highWaterMark: 1024 * 1024 })) {
    signal?.throwIfAborted();
    for (const hash of hashes) hash.update(chunk);
  }
}
