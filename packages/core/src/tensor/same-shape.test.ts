import { expect, it } from "vitest";
import { sameShape } from "./same-shape.ts";

it.each([
  [[], [], true],
  [[1, 2], [1, 2], true],
  [[1, 2], [2, 1], false],
  [[2], [2, 1], false],
])("of %j and %j: %s", (left, right, expected) => {
  expect(sameShape(left, right)).toBe(expected);
});
