import { createHash } from "node:crypto";
import type { FakeFiles } from "@onestep/fake-hub";

/** A file of the repository that is downloaded. */
export interface PlannedFile {
  readonly path: string;
  readonly length: number;
  /** Tells contents of the same length apart. */
  readonly content: number;
  /** Served by the other host, and known by its SHA-256. */
  readonly isLarge: boolean;
}

/** The length of the longest file. */
export const longestFile = 300_000;

const pattern = Uint8Array.from({ length: longestFile + 0x100 }, (_, index) => index * 7 + (index >> 8) * 31);

/** The bytes of a file. */
export function contentOf({ length, content }: Pick<PlannedFile, "length" | "content">): Uint8Array {
  return pattern.subarray(content, content + length);
}

/** The SHA-256 of bytes. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The name that the cache gives to bytes: their SHA-256, or their git object. */
export function objectIdOf(bytes: Uint8Array, isLarge: boolean): string {
  if (isLarge) return sha256Of(bytes);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The files as a fake Hub takes them. */
export function toFakeFiles(files: readonly PlannedFile[]): FakeFiles {
  return Object.fromEntries(files.map((file) => [file.path, { bytes: contentOf(file), lfs: file.isLarge }]));
}
