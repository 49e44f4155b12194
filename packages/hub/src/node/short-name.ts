import { createHash } from "node:crypto";

/** The most bytes that the name of a file may have on the file systems of Linux, macOS and Windows. */
const longestName = 255;

/**
 * The name of a file, to which something is added to name another beside it; where the two together would be too long,
 * 40 hexadecimal digits that stand for it.
 *
 * @param addedBytes - How many bytes are added.
 */
export function shortName(name: string, addedBytes: number): string {
  if (Buffer.byteLength(name) + addedBytes <= longestName) return name;
  return createHash("sha256").update(name).digest("hex").slice(0, 40);
}
