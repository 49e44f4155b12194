import { InvalidArgumentError, Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { requireSamples } from "./require-samples.ts";

type Sample = Tensor<"float32">;

it("accepts float32 tensors of one shape, from any copy of the package", () => {
  const foreign = { dtype: "float32", shape: [2], data: new Float32Array(2) } as unknown as Sample;
  requireSamples("here", { first: Tensor.zeros([2]), second: foreign });
});

it.each([
  [Tensor.zeros([2], "float64"), "float64 [2]"],
  [Tensor.zeros([]), "float32 []"],
  [new Float32Array(2), "object"],
  [[1, 2], "object"],
  [null, "null"],
  [undefined, "undefined"],
  [3, "number"],
])("refuses %#", (sample, found) => {
  const check = () => requireSamples("here", { sample: sample as unknown as Sample });
  expect(check).toThrow(InvalidArgumentError);
  expect(check).toThrow(
    `here: sample: found ${found}, expected a float32 tensor with the batch in its first dimension.`,
  );
});

it("refuses different shapes", () => {
  const check = () => requireSamples("here", { first: Tensor.zeros([2, 3]), second: Tensor.zeros([3, 2]) });
  expect(check).toThrow(
    "here: found first float32 [2, 3] and second float32 [3, 2], expected tensors of one shape.",
  );
});
