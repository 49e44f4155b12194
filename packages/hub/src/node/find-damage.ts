import { IntegrityError } from "../errors/integrity-error.ts";
import type { DiskFile } from "./disk-file.ts";
import { toFileReadError } from "./to-file-read-error.ts";
import { hashFile } from "./transfer/content-hash.ts";

/** Files up to this length are hashed each time they are asked for: it takes a millisecond. */
const hashedBytes = 1024 * 1024;

/** What is known of a cached content. */
export interface KnownContent {
  /** Its SHA-256 or git object. */
  readonly objectId: string | undefined;
  /** Its length in bytes. */
  readonly size: number | undefined;
}

/**
 * What is wrong with a file of the cache, as far as it shows without reading gigabytes: its length and, of up to 1 MiB,
 * its content. That is what a full disk, a lost power supply or an interrupted copy of the cache leave.
 *
 * @throws FileReadError where it cannot be read.
 */
export async function findDamage(file: DiskFile, known: KnownContent): Promise<IntegrityError | undefined> {
  const { objectId, size } = known;
  if (size !== undefined && file.size !== size) {
    return damaged(file, `${file.size} bytes`, `${size} bytes`);
  }
  if (objectId === undefined || file.size > hashedBytes) return undefined;
  try {
    const found = await hashFile(file.localPath, file.size, objectId);
    return found === objectId ? undefined : damaged(file, `content with the name ${found}`, objectId);
  } catch (error) {
    throw toFileReadError(file.localPath, error);
  }
}

function damaged(file: DiskFile, found: string, expected: string): IntegrityError {
  return new IntegrityError({
    subject: file.localPath,
    found,
    expected,
    remedy: "The copy in the cache is damaged. With a connection it is fetched again when it is asked for.",
  });
}
