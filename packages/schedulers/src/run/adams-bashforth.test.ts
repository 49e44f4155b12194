import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { adamsBashforth } from "./adams-bashforth.ts";

it.each([
  [1, 5],
  [2, 5.5],
  [3, 5.5],
  [4, 5.5],
])("of %i outputs that rise by 1 looks half a step ahead from the second on", (count, expected) => {
  const outputs = [2, 3, 4, 5].slice(4 - count).map((value) => Tensor.from([value]));
  expect(adamsBashforth(outputs).data[0]).toBeCloseTo(expected, 6);
});
