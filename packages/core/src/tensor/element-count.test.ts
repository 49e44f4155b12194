import { expect, it } from "vitest";
import { describeValue } from "../config/describe-json.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { elementCount } from "./element-count.ts";

it("multiplies the dimensions; the empty shape has one element", () => {
  expect(elementCount([2, 3, 4])).toBe(24);
  expect(elementCount([5, 0])).toBe(0);
  expect(elementCount([])).toBe(1);
});

it.each([[[-1]], [[1.5]], [[Number.NaN]], [[Infinity]], [["3" as unknown as number]], [[2 ** 27, 2 ** 27]]])(
  "refuses %j",
  (shape) => {
    expect(() => elementCount(shape)).toThrow(InvalidArgumentError);
    expect(() => elementCount(shape)).toThrow(`shape: found ${describeValue(shape)}`);
  },
);

it.each([
  [4, "shape: found the number 4, expected a list of dimensions. Pass a list, for example [3]"],
  [undefined, "shape: found undefined"],
  [new Int32Array(2), "shape: found an Int32Array of 2 elements"],
])("refuses %o, which is no list", (shape, message) => {
  expect(() => elementCount(shape as unknown as number[])).toThrow(InvalidArgumentError);
  expect(() => elementCount(shape as unknown as number[])).toThrow(message);
});
