import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { findTimestepIndex } from "./find-timestep-index.ts";

it("finds by exact equality, the second place where there are several", () => {
  expect(findTimestepIndex("here", 2, [3, 2, 1])).toBe(1);
  expect(findTimestepIndex("here", 2, new Float64Array([2, 2, 2]))).toBe(1);
});

it.each([
  [[], "here: timestep: found 5, expected one of `scheduler.timesteps`: ."],
  [[1.5, 2], "`scheduler.timesteps`: 1.5, 2. Pass a value of `scheduler.timesteps` as it is"],
  [[9, 8, 7, 6, 4, 3], "`scheduler.timesteps`: 9, 8, 7, … 3 (6 of them)."],
])("says what there is where it finds none: %j", (timesteps, message) => {
  expect(() => findTimestepIndex("here", 5, timesteps)).toThrow(InvalidArgumentError);
  expect(() => findTimestepIndex("here", 5, timesteps)).toThrow(message);
});

it("does not find NaN", () => {
  expect(() => findTimestepIndex("here", Number.NaN, [Number.NaN])).toThrow("found NaN");
});
