import { expect, it } from "vitest";
import { unpackSamples } from "./unpack-samples.ts";

it.each([
  [1, 3, 2, [0b10100000, 0b01000000], [1, 0, 1, 0, 1, 0]],
  [2, 5, 1, [0b00011011, 0b10000000], [0, 1, 2, 3, 2]],
  [4, 3, 2, [0x12, 0x30, 0xfe, 0xd0], [1, 2, 3, 15, 14, 13]],
])("of %d bits in rows of %d", (depth, width, height, packed, expected) => {
  expect([...unpackSamples(Uint8Array.from(packed), width, height, depth)]).toEqual(expected);
});
