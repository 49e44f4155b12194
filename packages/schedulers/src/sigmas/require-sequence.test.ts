import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { requireSequence } from "./require-sequence.ts";

const rising = { expected: "numbers that rise", accepts: (value: number, previous = -1) => value > previous };

it("copies a list, typed or not", () => {
  const values = [0, 1, 2];
  const copy = requireSequence("here", values, rising);
  values[0] = 9;
  expect(copy).toEqual(new Float64Array([0, 1, 2]));
  expect(requireSequence("here", new Float32Array([3, 4]) as unknown as number[], rising)).toHaveLength(2);
});

it.each([
  [[], "an empty list"],
  [[2, 1], "1 at index 1"],
  [[1, "2"], '"2" at index 1'],
  [[Number.NaN], "NaN at index 0"],
  ["1, 2", '"1, 2"'],
  [null, "null"],
])("refuses %j", (values, found) => {
  const check = () => requireSequence("here", values as unknown as number[], rising);
  expect(check).toThrow(InvalidArgumentError);
  expect(check).toThrow(`here: found ${found}, expected numbers that rise.`);
});
