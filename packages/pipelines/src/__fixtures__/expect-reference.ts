import type { Tensor } from "@onestep/core";
import { expect } from "vitest";

/** Images as diffusers made them: the first and the last elements in its order, and the sum of all. */
export interface ReferenceOutput {
  readonly shape_nhwc: readonly number[];
  readonly sum: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** Element by element in diffusers' order, [batch, height, width, channels]. */
export function channelsLast({ data, shape }: Tensor<"float32">): number[] {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const pixels = height * width;
  return Array.from({ length: batch * pixels * channels }, (_, index) => {
    const image = Math.floor(index / (pixels * channels));
    const pixel = Math.floor(index / channels) % pixels;
    return data[(image * channels + (index % channels)) * pixels + pixel] as number;
  });
}

/**
 * Compares with what diffusers made on PyTorch. Images agree to about 1e-6; 1e-4 is the bound that float32 sums in
 * another order may need on other CPUs, 4 % of one 8-bit step.
 */
export function expectReference(images: Tensor<"float32">, expected: ReferenceOutput): void {
  const values = channelsLast(images);
  const [batch = 0, height = 0, width = 0, channels = 0] = expected.shape_nhwc;
  expect(images.shape).toEqual([batch, channels, height, width]);
  expected.first.forEach((value, index) => {
    expect(Math.abs((values[index] as number) - value)).toBeLessThan(1e-4);
  });
  expected.last.forEach((value, index) => {
    expect(Math.abs((values.at(index - expected.last.length) as number) - value)).toBeLessThan(1e-4);
  });
  const sum = values.reduce((total, value) => total + value, 0);
  expect(Math.abs(sum - expected.sum) / values.length).toBeLessThan(1e-5);
}

/** Numbers of a longer list, as `make_emoji32_outputs.py` records them. */
export interface RecordedOutput {
  readonly sum: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly every257th: readonly number[];
}

/** Compares numbers with recorded ones, to the same bounds as {@link expectReference}. */
export function expectRecorded(values: ArrayLike<number>, expected: RecordedOutput): void {
  const compare = (found: number | undefined, value: number): void =>
    expect(Math.abs((found ?? Number.NaN) - value)).toBeLessThan(1e-4);
  expected.first.forEach((value, index) => {
    compare(values[index], value);
  });
  expected.last.forEach((value, index) => {
    compare(values[values.length - expected.last.length + index], value);
  });
  expected.every257th.forEach((value, index) => {
    compare(values[257 * index], value);
  });
  const sum = Array.from(values).reduce((total, value) => total + value, 0);
  expect(Math.abs(sum - expected.sum) / values.length).toBeLessThan(1e-5);
}
