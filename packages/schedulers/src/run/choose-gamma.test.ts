import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { chooseGamma } from "./choose-gamma.ts";

it("spreads the churn over the steps, up to √2 − 1", () => {
  expect(chooseGamma("here", 1, 10, {})).toBe(0);
  expect(chooseGamma("here", 1, 10, { sChurn: 1 })).toBe(0.1);
  expect(chooseGamma("here", 1, 10, { sChurn: 40 })).toBe(Math.SQRT2 - 1);
});

it("keeps to the bounds, rounded to float32 as the noise level is", () => {
  const level = Math.fround(0.05);
  expect(chooseGamma("here", level, 1, { sChurn: 0.1, sTmin: 0.05, sTmax: 0.05 })).toBe(0.1);
  expect(chooseGamma("here", level, 1, { sChurn: 0.1, sTmin: 0.051 })).toBe(0);
  expect(chooseGamma("here", level, 1, { sChurn: 0.1, sTmax: 0.049 })).toBe(0);
});

it("refuses what is not a number", () => {
  expect(() => chooseGamma("here", 1, 1, { sTmax: Number.NaN })).toThrow(InvalidArgumentError);
  expect(() => chooseGamma("here", 1, 1, { sTmax: Number.NaN })).toThrow(
    "here: sTmax: found NaN, expected a number.",
  );
});
