import { freeBuffer } from "@onestep/core/internal/free-buffer";
import { createSHA1, createSHA256, type IHasher } from "hash-wasm";

/** What is hashed at once, some milliseconds of work. */
const pieceBytes = 1024 * 1024;

/** Computes the name that the Hub gives to a content, piece by piece. */
export interface ContentHash {
  update(bytes: Uint8Array): void;
  /** Hexadecimal; of all bytes so far. More may follow. */
  digest(): string;
}

/**
 * A hash of the same kind as `objectId`: SHA-256, or a git object, which covers the length too. Browsers have no hash
 * of their own that takes bytes as they come.
 */
export async function createContentHash(objectId: string, size: number): Promise<ContentHash> {
  // Not by isSha256: this module is loaded on demand, and would split the others into one more chunk.
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

/** The name that the Hub gives to the content of a Blob, of the same kind as `objectId`. */
export async function hashBlob(blob: Blob, objectId: string): Promise<string> {
  const hash = await createContentHash(objectId, blob.size);
  await updateFromBlob(hash, blob, undefined);
  return hash.digest();
}

/** Adds the bytes of a Blob to a hash, piece by piece. @throws The reason of `signal`. */
export async function updateFromBlob(
  hash: ContentHash,
  blob: Blob,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Not by its stream: in Chromium (156) a read from one can go lost.
  for (let start = 0; start < blob.size; start += pieceBytes) {
    signal?.throwIfAborted();
    const bytes = new Uint8Array(await blob.slice(start, start + pieceBytes).arrayBuffer());
    hash.update(bytes);
    freeBuffer(bytes.buffer);
  }
}
