import { expect, it } from "vitest";
import { outputScaling, sampleDeviation, skipScaling } from "./edm.ts";
import { keepFloat64 } from "./float32.ts";

it("has the values of the formulas in float64", () => {
  expect(sampleDeviation(3, 4, keepFloat64)).toBe(5);
  expect(skipScaling(3, 4, keepFloat64)).toBe((1 / 25) * 16);
  expect(outputScaling(2, 3, 4, keepFloat64)).toBe(8 / 5);
});

it("rounds every operation in float32", () => {
  // Noise level 80 of a consistency model: the numbers of torch.
  const distance = Math.fround(80 - Math.fround(0.002));
  expect(skipScaling(distance, 0.5, Math.fround)).toBe(3.9062924770405516e-5);
  expect(outputScaling(distance, 80, 0.5, Math.fround)).toBe(0.4999777376651764);
});
