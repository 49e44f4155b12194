import { expect, it } from "vitest";
import { describeValue } from "./describe-value.ts";

it.each([
  ["4", '"4"'],
  [2.5, "2.5"],
  [null, "null"],
  [undefined, "undefined"],
  [Symbol("x"), "Symbol(x)"],
  [Object.create(null), "a value of type object"],
  [[1, 2], "a value of type object"],
  [() => 1, "a value of type function"],
])("describes a value: %#", (value, words) => {
  expect(describeValue(value)).toBe(words);
});
