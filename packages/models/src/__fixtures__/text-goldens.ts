import { type Tensor, TorchGenerator } from "@onestep/core";
import { expect } from "vitest";

// Vite replaces paths that stand directly before import.meta.url, and cannot know these.
const here = import.meta.url;

/** Where a small repository of Stable Diffusion's layout is. */
export function textCheckpoint(name: string): URL {
  return new URL(`./text/${name}/`, here);
}

/** A tensor as the goldens have it: sums of all its values, and some of them. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly stride: number;
  readonly samples: readonly number[];
  /** The largest difference of torch's float32 to its float64. */
  readonly float64Error?: number;
}

/** Noise of torch's. */
export interface RandnRecipe {
  readonly randn: { readonly seed: number; readonly shape: readonly number[] };
}

export function randn({ randn: { seed, shape } }: RandnRecipe): Tensor<"float32"> {
  return new TorchGenerator(seed).randn(shape);
}

/**
 * Compares a tensor with a golden one. The values that are compared one by one may differ by 2e-5 of the largest, or by five times
 * of what torch's own float32 differs from its float64; torch's threads alone make 4e-6. The sums then follow.
 */
export function expectGolden(actual: Tensor<"float32"> | undefined, golden: GoldenTensor): void {
  expect(actual?.shape).toEqual(golden.shape);
  const data = (actual as Tensor<"float32">).data;
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const tolerance = Math.max(2e-5 * largest, 5 * (golden.float64Error ?? 0));
  const pairs: [number, number | undefined][] = [
    ...golden.first.map((value, index): [number, number | undefined] => [value, data[index]]),
    ...golden.last.map((value, index): [number, number | undefined] => [
      value,
      data[data.length - golden.last.length + index],
    ]),
    ...golden.samples.map((value, index): [number, number | undefined] => [
      value,
      data[index * golden.stride],
    ]),
  ];
  const worst = Math.max(...pairs.map(([value, found = Number.NaN]) => Math.abs(value - found)));
  expect(worst).toBeLessThan(tolerance);
  const sumOfSquares = data.reduce((total, value) => total + value * value, 0);
  expect(Math.abs(Math.sqrt(sumOfSquares) - Math.sqrt(golden.sumOfSquares))).toBeLessThan(
    tolerance * Math.sqrt(data.length),
  );
  const sum = data.reduce((total, value) => total + value, 0);
  expect(Math.abs(sum - golden.sum)).toBeLessThan(tolerance * data.length);
}
