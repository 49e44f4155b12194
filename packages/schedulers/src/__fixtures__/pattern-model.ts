import { Tensor } from "@onestep/core";

const shape = [2, 1, 2, 4];
const ramp: readonly number[] = Array.from({ length: 16 }, (_, index) => index / 8 - 1);

/** The sample of the golden runs: −1 to 7/8 in steps of 1/8, shape [2, 1, 2, 4]. */
export function patternSample(): Tensor<"float32"> {
  return Tensor.from(ramp, shape);
}

/** A stand-in for a network: part of its input, `x / 2 · t / (t + 1)`, and a pattern that is not in it. */
export function patternModel(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
  const float32Timestep = Math.fround(timestep);
  const part = sample
    .mul(0.5)
    .mul(float32Timestep)
    .div(Math.fround(float32Timestep + 1));
  return part.add(pattern());
}

/** {@link patternModel} with a variance of 0 to 1/2 behind its prediction, shape [2, 2, 2, 4]. */
export function patternModelWithVariance(sample: Tensor<"float32">, timestep: number): Tensor<"float32"> {
  const prediction = patternModel(sample, timestep);
  const variance = Tensor.from(
    ramp.map((value) => Math.abs(value) / 2),
    shape,
  );
  const items = [0, 1].flatMap((item) =>
    [prediction, variance].map((part) => part.slice(item, item + 1).reshape([1, 2, 4])),
  );
  return Tensor.concat(items).reshape([2, 2, 2, 4]);
}

/** A quarter of the sample, with items and columns backwards. */
function pattern(): Tensor<"float32"> {
  const values = ramp.map((_, index) => {
    const [item, row, column] = [Math.floor(index / 8), Math.floor(index / 4) % 2, index % 4];
    return (ramp[(1 - item) * 8 + row * 4 + (3 - column)] ?? 0) / 4;
  });
  return Tensor.from(values, shape);
}
