import { expect, it } from "vitest";
import { roundHalfEven } from "./round-half-even.ts";

it.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, -0],
  [-1.5, -2],
  [-2.5, -2],
  [2.4999, 2],
  [3, 3],
])("rounds %d to %d", (value, expected) => {
  expect(roundHalfEven(value)).toBe(expected);
});
