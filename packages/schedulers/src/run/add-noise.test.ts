import { InvalidArgumentError, Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { addNoise } from "./add-noise.ts";

const samples = Tensor.from([1, 2, 3, 4], [2, 2]);
const noise = Tensor.from([1, 1, 10, 10], [2, 2]);

it("takes one noise level for all items, or one for each", () => {
  expect([...addNoise("here", samples, noise, [2]).data]).toEqual([3, 4, 23, 24]);
  expect([...addNoise("here", samples, noise, [2, 0.5]).data]).toEqual([3, 4, 8, 9]);
});

it("rounds each operation to float32", () => {
  const sum = addNoise("here", Tensor.from([0.1]), Tensor.from([0.3]), [0.7]);
  expect(sum.data[0]).toBe(Math.fround(Math.fround(0.1) + Math.fround(Math.fround(0.3) * Math.fround(0.7))));
});

it("refuses noise of another shape, and levels that do not fit the batch", () => {
  expect(() => addNoise("here", samples, Tensor.zeros([4]), [1])).toThrow(InvalidArgumentError);
  expect(() => addNoise("here", samples, Tensor.zeros([4]), [1])).toThrow(
    "here: found originalSamples float32 [2, 2]",
  );
  expect(() => addNoise("here", samples, noise, [1, 2, 3])).toThrow(
    "here: timesteps: found 3 timesteps for a batch of 2, expected one timestep for all items, or one for each.",
  );
  expect(() => addNoise("here", Tensor.zeros([0, 2]), Tensor.zeros([0, 2]), [])).toThrow(
    InvalidArgumentError,
  );
});
