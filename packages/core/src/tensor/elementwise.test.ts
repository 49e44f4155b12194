import { expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { clampElements, combineElements } from "./elementwise.ts";
import { Tensor } from "./tensor.ts";

it("rounds the scalar, then the result, to float32", () => {
  const tensor = Tensor.from([3]);
  expect(combineElements("add", tensor, 0.1)[0]).toBe(Math.fround(3 + Math.fround(0.1)));
  expect(combineElements("sub", tensor, 0.1)[0]).toBe(Math.fround(3 - Math.fround(0.1)));
  expect(combineElements("mul", tensor, 0.1)[0]).toBe(Math.fround(3 * Math.fround(0.1)));
  expect(combineElements("div", tensor, 0.1)[0]).toBe(Math.fround(3 / Math.fround(0.1)));
});

it("names the operation in errors", () => {
  const combine = () => combineElements("div", Tensor.zeros([2]), Tensor.zeros([3]));
  expect(combine).toThrow(InvalidArgumentError);
  expect(combine).toThrow(/^Tensor\.div: found float32 \[2\] and float32 \[3\]/);
});

it("rounds the bounds of clamp to float32", () => {
  expect(clampElements(Tensor.from([5]), 0, 0.1)[0]).toBe(Math.fround(0.1));
  expect(clampElements(Tensor.from([5], [1], "float64"), 0, 0.1)[0]).toBe(0.1);
});
