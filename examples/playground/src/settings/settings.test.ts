import { expect, it } from "vitest";
import { parseTimesteps } from "./parse-timesteps.ts";
import { classLabelsOf, seedsOf } from "./settings.ts";

it("each image has the next seed, and after the largest comes 0", () => {
  expect(seedsOf({ seed: 4294967294, count: 3 })).toEqual([4294967294, 4294967295, 0]);
});

it("one of each starts over after the last class", () => {
  expect(classLabelsOf({ classLabel: "each", count: 5 }, 3)).toEqual([0, 1, 2, 0, 1]);
  expect(classLabelsOf({ classLabel: 2, count: 2 }, 3)).toEqual([2, 2]);
  expect(classLabelsOf({ classLabel: 2, count: 2 }, undefined)).toBeUndefined();
});

it.each([
  ["35, 31, 0", [35, 31, 0]],
  ["  5 ", [5]],
  ["39 0,", [39, 0]],
  ["", undefined],
  ["0, 5", undefined],
  ["5, 5", undefined],
  ["1.5", undefined],
  ["-1", undefined],
  ["9999999", undefined],
])("timesteps are whole numbers that descend: %j", (text, expected) => {
  expect(parseTimesteps(text)).toEqual(expected);
});
