import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { isSha256 } from "../../hub-api/object-id.ts";

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

/** Adds a file's bytes to hashes, piece by piece. */
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
