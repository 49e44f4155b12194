import { encode } from "fast-png";
import type { Pixels } from "../pixels.ts";

/** Encodes 8-bit pixels as PNG. */
export function encodePng({ width, height, channels, data }: Pixels): Uint8Array {
  return encode({ width, height, channels, depth: 8, data }, { zlib: { level: 6 } });
}
