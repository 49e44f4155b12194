import { type ListedFile, makeListedFile } from "../hub-api/listed-file.ts";
import type { RepositoryListing } from "../hub-api/repository-listing.ts";

/**
 * Listings in the form in which huggingface_hub (1.22 and later) keeps them in `trees/<commit>.json`:
 *
 *     {"format_version": 1, "files": {"<path>": {"size", "blob_id", "lfs_sha256"?, "lfs_size"?, "xet_hash"?}}}
 */
const formatVersion = 1;

/** Reads a kept listing; `undefined` where it is of another version or out of form. */
export function parseListing(text: string): RepositoryListing | undefined {
  const document = parseRecord(text);
  const files = document?.["files"];
  if (document?.["format_version"] !== formatVersion || !isRecord(files)) return undefined;
  const listing = new Map<string, ListedFile>();
  for (const [path, entry] of Object.entries(files)) {
    if (!isRecord(entry)) return undefined;
    const file = makeListedFile({
      path,
      size: entry["lfs_size"] ?? entry["size"],
      gitId: entry["blob_id"],
      sha256: entry["lfs_sha256"],
      xetHash: entry["xet_hash"],
    });
    if (file === undefined) return undefined;
    listing.set(path, file);
  }
  return listing;
}

/** Writes a listing as huggingface_hub does. */
export function formatListing(listing: RepositoryListing): string {
  const paths = [...listing.keys()].sort();
  const files = Object.fromEntries(
    paths.flatMap((path) => {
      const file = listing.get(path);
      return file === undefined ? [] : [[path, formatEntry(file)]];
    }),
  );
  return JSON.stringify({ format_version: formatVersion, files }, undefined, 1);
}

function formatEntry(file: ListedFile): Record<string, unknown> {
  return {
    size: file.size,
    blob_id: file.gitId,
    ...(file.sha256 === undefined ? {} : { lfs_sha256: file.sha256, lfs_size: file.size }),
    ...(file.xetHash === undefined ? {} : { xet_hash: file.xetHash }),
  };
}

function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
