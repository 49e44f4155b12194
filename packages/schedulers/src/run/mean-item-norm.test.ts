import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { meanItemNorm } from "./mean-item-norm.ts";

it("is the average of the norms of the items", () => {
  expect(meanItemNorm(Tensor.from([3, 4, 0, 1], [2, 2]))).toBe(3);
});
