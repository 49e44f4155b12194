import { createHash } from "node:crypto";

/** A version, and the length that goes with it, as part of a file's name. */
export function hashVersion(version: string, size: number | undefined): string {
  return createHash("sha256").update(`${version}\n${size}`).digest("hex").slice(0, 16);
}
