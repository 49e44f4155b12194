import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { isSha256 } from "../../hub-api/object-id.ts";

/**
 * The name that the Hub gives to the content of a file on disk, of the same kind as `objectId`: its SHA-256, or its git
 * object, which covers the length too.
 *
 * @throws What reading throws; the reason of `signal`.
 */
export async function hashFile(
  location: string,
  size: number,
  objectId: string,
  signal?: AbortSignal,
): Promise<string> {
  const hash = isSha256(objectId) ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  await updateFromFile(hash, location, signal);
  return hash.digest("hex");
}

/** Adds a file's bytes to a hash, piece by piece. */
export async function updateFromFile(hash: Hash, location: string, signal?: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(location, { highWaterMark: 1024 * 1024 })) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
}
