import { isRecord } from "@onestep/core/internal";
import { findPathFault } from "../validators.ts";
import type { RepositoryListing } from "./client.ts";

/** A file as the Hub lists it. */
export interface ListedFile {
  readonly path: string;
  /** Length in bytes, of the content and not of an LFS pointer. */
  readonly size: number;
  /** The git object: the content's, or the LFS pointer's. */
  readonly gitId: string;
  /** SHA-256 of the content, if it is in LFS or Xet. */
  readonly sha256: string | undefined;
  /** The Xet hash of the content, if it is in Xet. */
  readonly xetHash: string | undefined;
}

/** The name of the file's content in the cache: its SHA-256, or its git object. */
export function contentId(file: ListedFile): string {
  return file.sha256 ?? file.gitId;
}

/** Whether an entry of the Hub's tree endpoint is a file whose path stays inside the repository. */
export function isSafeFile(entry: unknown): boolean {
  return isRecord(entry) && entry["type"] === "file" && !isUnsafePath(entry["path"]);
}

/** Reads an entry of the Hub's tree endpoint; `undefined` if it is malformed. */
export function parseListedFile(entry: unknown): ListedFile | undefined {
  if (!isRecord(entry)) return undefined;
  const lfs = isRecord(entry["lfs"]) ? entry["lfs"] : undefined;
  return makeListedFile({
    path: entry["path"],
    size: lfs?.["size"] ?? entry["size"],
    gitId: entry["oid"],
    sha256: lfs?.["oid"],
    xetHash: entry["xetHash"],
  });
}

/** Checks the parts of a listed file, which come from outside; `undefined` if one is malformed. */
function makeListedFile(parts: Readonly<Record<keyof ListedFile, unknown>>): ListedFile | undefined {
  const { path, size, gitId, sha256, xetHash } = parts;
  if (typeof path !== "string" || isUnsafePath(path)) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (!isObjectId(gitId, 40) || !(sha256 === undefined || isObjectId(sha256, 64))) return undefined;
  return { path, size, gitId, sha256, xetHash: isObjectId(xetHash, 64) ? xetHash : undefined };
}

function isObjectId(value: unknown, length: 40 | 64): value is string {
  return typeof value === "string" && value.length === length && parseObjectId(value) === value;
}

function isUnsafePath(path: unknown): boolean {
  return typeof path === "string" && findPathFault(path) !== undefined;
}

/** Whether a text is a full commit hash: 40 hexadecimal digits in lower case. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** What web servers put at the end of an ETag if they compress what they send (Apache, Jetty). */
const compressionSuffix = /(?:-{1,2}|[;:])(?:br|deflate|gzip|zstd)$/;

/**
 * The name under which the Hub knows a file's content: a git blob's SHA-1 (40 digits) or, for a file in LFS or Xet,
 * its SHA-256 (64 digits). `undefined` for any other text, which must not become the name of a file.
 */
export function parseObjectId(etag: string | null | undefined): string | undefined {
  const text = etag
    ?.trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1")
    .toLowerCase()
    .replace(compressionSuffix, "");
  return text !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : undefined;
}

/** Whether an object id is a SHA-256, so that the content can be checked as it arrives. */
export function isSha256(objectId: string): boolean {
  return objectId.length === 64;
}

/**
 * Listings in the form in which huggingface_hub (1.22 and later) keeps them in `trees/<commit>.json`:
 *
 *     {"format_version": 1, "files": {"<path>": {"size", "blob_id", "lfs_sha256"?, "lfs_size"?, "xet_hash"?}}}
 */
const formatVersion = 1;

/** Reads a kept listing; `undefined` if it is of another version or malformed. */
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

function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
