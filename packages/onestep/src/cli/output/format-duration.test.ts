import { expect, it } from "vitest";
import { formatDuration } from "./format-duration.ts";

it.each([
  [0.4, "0 ms"],
  [999, "999 ms"],
  [999.6, "1.0 s"],
  [1234, "1.2 s"],
  [59_960, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [3_599_700, "1 h 00 min"],
  [7_500_000, "2 h 05 min"],
])("%d ms are %s", (milliseconds, expected) => {
  expect(formatDuration(milliseconds)).toBe(expected);
});
