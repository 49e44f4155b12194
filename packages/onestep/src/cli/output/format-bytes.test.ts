import { expect, it } from "vitest";
import { formatBytes } from "./format-bytes.ts";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.00 kB"],
  [12_660_508, "12.7 MB"],
  [999_499, "999 kB"],
  [999_500, "1.00 MB"],
  [9_996, "10.0 kB"],
  [1_183_597_068, "1.18 GB"],
  [2.5e15, "2500 TB"],
])("%d bytes are %s", (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});
