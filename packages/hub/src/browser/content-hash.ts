import { freeBuffer } from "@onestep/core/internal/free-buffer";
import { createSHA1, createSHA256, type IHasher } from "hash-wasm";

/** The amount hashed at once, which takes a few milliseconds. */
const pieceBytes = 1024 * 1024;

/** Computes the Hub's name for a content incrementally. */
export interface ContentHash {
  update(bytes: Uint8Array): void;
  /** The hexadecimal digest of all bytes so far. More may follow. */
  digest(): string;
}

/**
 * A hash of the same kind as `objectId`: SHA-256, or a git object id, which also covers the length. Browsers have no
 * incremental hash function of their own.
 */
export async function createContentHash(objectId: string, size: number): Promise<ContentHash> {
  // isSha256 is not used here: this module is loaded on demand, and importing it would split off another chunk.
  const isGit = objectId.length === 40;
  const hasher = isGit ? await createSHA1() : await createSHA256();
  hasher.init();
  if (isGit) hasher.update(`blob ${size}\0`);
  return { update: (bytes) => void hasher.update(bytes), digest: () => digestSoFar(hasher) };
}

function digestSoFar(hasher: IHasher): string {
  const state = hasher.save();
  const digest = hasher.digest();
  hasher.load(state);
  return digest;
}

/** The Hub's name for the content of a Blob, of the same kind as `objectId`. */
export async function hashBlob(blob: Blob, objectId: string): Promise<string> {
  const hash = await createContentHash(objectId, blob.size);
  await updateFromBlob(hash, blob, undefined);
  return hash.digest();
}

/** Adds the bytes of a Blob to a hash incrementally. @throws The reason of `signal`. */
export async function updateFromBlob(
  hash: ContentHash,
  blob: Blob,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Blob streams are not used: in Chromium (156), a read from one may get lost.
  for (let start = 0; start < blob.size; start += pieceBytes) {
    signal?.throwIfAborted();
    const bytes = new Uint8Array(await blob.slice(start, start + pieceBytes).arrayBuffer());
    hash.update(bytes);
    freeBuffer(bytes.buffer);
  }
}
