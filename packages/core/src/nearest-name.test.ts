import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";

const names = [
  "class-label",
  "seed",
  "steps",
  "timesteps",
  "batch-size",
  "out",
  "grid",
  "generate",
  "inspect",
];

it.each([
  ["class-lable", "class-label"],
  ["clas-label", "class-label"],
  ["class-labels", "class-label"],
  ["sed", "seed"],
  ["genrate", "generate"],
  ["generator", "generate"],
  ["batch", "batch-size"],
  ["timestep", "timesteps"],
  ["gird", "grid"],
])("takes %s for %s", (word, expected) => {
  expect(nearestName(word, names)).toBe(expected);
});

it.each(["", "x", "colour", "sxxd", "--"])("has no idea what %j means", (word) => {
  expect(nearestName(word, names)).toBeUndefined();
});
