import { expect, it } from "vitest";
import { describeSpeed } from "./describe-speed.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { pickSteps } from "./pick-steps.ts";

it("says where images were made and how fast", () => {
  const reply = { images: [], milliseconds: 90, stepMilliseconds: [30, 60] };
  expect(describeSpeed({ device: "wasm", threads: 1 }, reply)).toBe(
    "wasm, 1 thread · 45 ms a step · 0.0 images/s",
  );
  expect(describeSpeed({ device: "localhost:8000", threads: 1 }, { ...reply, stepMilliseconds: [] })).toBe(
    "localhost:8000 · 90 ms · 0.0 images/s",
  );
});

it.each([
  [0, "0 bytes"],
  [215, "215 bytes"],
  [5_738_182, "5.7 MB"],
  [999_999, "1.0 MB"],
  [296_000_000, "296 MB"],
  [1_184_000_000, "1.2 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it("durations are in milliseconds up to a second", () => {
  expect([formatDuration(12.3), formatDuration(1240)]).toEqual(["12 ms", "1.24 s"]);
});

it("of many steps, the first, the last and some between are picked", () => {
  expect(pickSteps(3, 5)).toEqual([0, 1, 2]);
  expect(pickSteps(41, 5)).toEqual([0, 10, 20, 30, 40]);
});
