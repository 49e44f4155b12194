import fc from "fast-check";
import { expect, it } from "vitest";
import { fitSum } from "./fit-sum.ts";

const weigh = (values: readonly number[], weights: readonly number[]): number =>
  values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0);

it("moves any values into 0 to 1, with the sum that is asked for", () => {
  const value = fc.double({ min: -3, max: 3, noNaN: true });
  const weight = fc.double({ min: 0.05, max: 1, noNaN: true });
  const pairs = fc.array(fc.tuple(value, weight), { minLength: 1, maxLength: 20 });
  const cases = fc.tuple(pairs, fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(cases, ([entries, share]) => {
      const values = [...entries.map(([number]) => number), 1.5];
      const weights = [...entries.map(([, number]) => number), 0.5];
      const target = share * weigh(new Array<number>(weights.length).fill(1), weights);
      const fitted = fitSum(values, weights, target);
      expect(fitted.every((number) => number >= 0 && number <= 1)).toBe(true);
      expect(Math.abs(weigh(fitted, weights) - target)).toBeLessThan(1e-8);
    }),
  );
});

it("leaves values that are within range", () => {
  const values = [0, 0.25, 1];
  expect(fitSum(values, [1, 1, 1], 1.25)).toBe(values);
});
