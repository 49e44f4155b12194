import { findPathFault } from "../source/repository-path.ts";
import { parseObjectId } from "./object-id.ts";

/** A file as the Hub lists it. */
export interface ListedFile {
  readonly path: string;
  /** Length in bytes, of the content and not of an LFS pointer. */
  readonly size: number;
  /** The git object: the content's, or the LFS pointer's. */
  readonly gitId: string;
  /** SHA-256 of the content, where it lies in LFS or Xet. */
  readonly sha256: string | undefined;
  /** The Xet hash of the content, where it lies in Xet. */
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

/** Reads an entry of the Hub's tree endpoint; `undefined` where it is out of form. */
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

/** Checks the parts of a listed file, which come from outside; `undefined` where one is out of form. */
export function makeListedFile(parts: Readonly<Record<keyof ListedFile, unknown>>): ListedFile | undefined {
  const { path, size, gitId, sha256, xetHash } = parts;
  if (typeof path !== "string" || isUnsafePath(path)) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (!isObjectId(gitId, 40) || !(sha256 === undefined || isObjectId(sha256, 64))) return undefined;
  return { path, size, gitId, sha256, xetHash: isObjectId(xetHash, 64) ? xetHash : undefined };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isObjectId(value: unknown, length: 40 | 64): value is string {
  return typeof value === "string" && value.length === length && parseObjectId(value) === value;
}

function isUnsafePath(path: unknown): boolean {
  return typeof path === "string" && findPathFault(path) !== undefined;
}
