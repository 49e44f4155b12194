import { expect, it } from "vitest";
import { appendSigma } from "./append-sigma.ts";

it("rounds to float32 and adds one at the end", () => {
  expect(appendSigma([2, 0.1], 0.002)).toEqual(new Float32Array([2, 0.1, 0.002]));
  expect(appendSigma([], 1)).toEqual(new Float32Array([1]));
});
