import { Tensor } from "@onestep/core";

const shape = [4, 3, 8, 8];
const count = 768;

/** The stand-in for a network in diffusers' scheduler tests: `x · t / (t + 1)`, in float32 as torch does it. */
export function dummyModel(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
  const float32Timestep = Math.fround(timestep);
  return sample.mul(float32Timestep).div(Math.fround(float32Timestep + 1));
}

/** diffusers' `dummy_sample_deter`: k / 768 for k = 0…767 in the order channel, row, column, item. */
export function dummySample(): Tensor<"float32"> {
  return permuted((index) => index / count);
}

/** diffusers' `dummy_noise_deter`: {@link dummySample} backwards. */
export function dummyNoise(): Tensor<"float32"> {
  return permuted((index) => (count - 1 - index) / count);
}

/** The sample of the golden runs: k / 32 for k = 0…31, shape [2, 1, 4, 4]. */
export function rampSample(): Tensor<"float32"> {
  return Tensor.from(
    Array.from({ length: 32 }, (_, index) => index / 32),
    [2, 1, 4, 4],
  );
}

/** Sum of the absolute values, in float64. */
export function absoluteSum(tensor: Tensor<"float32"> | undefined): number {
  return tensor?.data.reduce((sum, value) => sum + Math.abs(value), 0) ?? Number.NaN;
}

function permuted(valueAt: (index: number) => number): Tensor<"float32"> {
  const values: number[] = [];
  for (let item = 0; item < 4; item += 1) {
    for (let place = 0; place < 192; place += 1) values.push(valueAt(place * 4 + item));
  }
  return Tensor.from(values, shape);
}
