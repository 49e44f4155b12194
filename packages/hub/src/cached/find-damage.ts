import { IntegrityError } from "../errors/integrity-error.ts";
import type { RepositoryFile } from "../repository.ts";

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
 * @param hash - Computes the names that its content may have, of the same kind as `objectId`; the Hub's own first.
 * @throws What `hash` throws.
 */
export async function findDamage(
  file: RepositoryFile,
  known: KnownContent,
  hash: (objectId: string) => Promise<readonly string[]>,
): Promise<IntegrityError | undefined> {
  const { objectId, size } = known;
  const isHashed = objectId !== undefined && file.size <= hashedBytes;
  const names = isHashed ? await hash(objectId) : [];
  // Content that is right has the right length, whatever a server says of it.
  if (isHashed && names.includes(objectId)) return undefined;
  if (size !== undefined && file.size !== size) return damaged(file, `${file.size} bytes`, `${size} bytes`);
  return isHashed ? damaged(file, `content with the name ${names[0]}`, objectId) : undefined;
}

function damaged(file: RepositoryFile, found: string, expected: string): IntegrityError {
  return new IntegrityError({
    subject: file.localPath ?? file.path,
    found,
    expected,
    remedy: "The copy in the cache is damaged. With a connection it is fetched again when it is asked for.",
  });
}
