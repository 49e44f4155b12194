import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { IntegrityError } from "../errors/integrity-error.ts";
import { isSha256 } from "../hub-api/object-id.ts";
import { writeInCache } from "./to-cache-write-error.ts";
import { asideName } from "./write-aside.ts";

/** A file that is on its way to the disk. */
export interface Download {
  /** The file's path in its repository, for messages. */
  readonly path: string;
  /** The bytes, as they arrive. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Where the file belongs. */
  readonly location: string;
  /** Its length, where it is known. */
  readonly size: number | undefined;
  /** Its SHA-256 or git object, where it is known. */
  readonly objectId: string | undefined;
  /** Told how many bytes have arrived so far. */
  readonly onBytes?: (loadedBytes: number) => void;
}

/**
 * Writes a file aside as its bytes arrive, checks length and checksum, flushes it to the disk and renames it to its
 * place. The bytes are never held: the next are asked for when the last are written. Whatever goes wrong, nothing of
 * it is left.
 *
 * @returns The length in bytes.
 * @throws IntegrityError where length or checksum are wrong; CacheWriteError; what `chunks` throws.
 */
export async function downloadToFile(download: Download): Promise<number> {
  const { location, objectId, path } = download;
  const aside = asideName(location, "incomplete");
  await writeInCache(location, () => mkdir(dirname(location), { recursive: true }));
  try {
    const size = await writeChunks(download, aside);
    if (objectId !== undefined && !isSha256(objectId)) {
      checkObjectId(path, await hashGitBlob(aside, size), objectId);
    }
    await writeInCache(location, () => rename(aside, location));
    return size;
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeChunks(download: Download, aside: string): Promise<number> {
  const { chunks, location, objectId, path, size: expectedSize } = download;
  const hash = objectId !== undefined && isSha256(objectId) ? createHash("sha256") : undefined;
  const file = await writeInCache(location, () => open(aside, "wx"));
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (expectedSize !== undefined && size > expectedSize) throw wrongSize(path, "more", expectedSize);
      hash?.update(chunk);
      await writeInCache(location, () => writeFully(file, chunk));
      download.onBytes?.(size);
    }
    if (expectedSize !== undefined && size < expectedSize)
      throw wrongSize(path, `${size} bytes`, expectedSize);
    if (hash !== undefined && objectId !== undefined) checkObjectId(path, hash.digest("hex"), objectId);
    await writeInCache(location, () => file.sync());
  } finally {
    await file.close();
  }
  return size;
}

async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written);
    written += bytesWritten;
  }
}

/** A git blob's name covers its length, which may be unknown until all is there; so it is computed afterwards. */
async function hashGitBlob(location: string, size: number): Promise<string> {
  const hash = createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(location)) hash.update(chunk);
  return hash.digest("hex");
}

function checkObjectId(path: string, found: string, expected: string): void {
  if (found === expected) return;
  const algorithm = isSha256(expected) ? "SHA-256" : "git object";
  throw new IntegrityError({
    subject: path,
    found: `content with the ${algorithm} ${found}`,
    expected: expected,
    remedy: "The content was damaged on its way or at its source. Try again.",
  });
}

function wrongSize(path: string, found: string, expected: number): IntegrityError {
  return new IntegrityError({
    subject: path,
    found,
    expected: `${expected} bytes`,
    remedy: "The content was cut off or changed on its way. Try again.",
  });
}
