import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { isTimestepCount, requireTimestepCount } from "./timestep-count.ts";

it("is a whole number from 1 to a million", () => {
  expect([1, 40, 1_000_000].every(isTimestepCount)).toBe(true);
  expect([0, -1, 1.5, 1_000_001, Number.NaN, "4", null, 4n].some(isTimestepCount)).toBe(false);
});

it("is at most what is allowed", () => {
  expect(requireTimestepCount("here", 40, 40)).toBe(40);
  expect(() => requireTimestepCount("here", 41, 40)).toThrow(InvalidArgumentError);
  expect(() => requireTimestepCount("here", 41, 40)).toThrow(
    "here: numInferenceSteps: found 41, expected a whole number from 1 to 40.",
  );
});
