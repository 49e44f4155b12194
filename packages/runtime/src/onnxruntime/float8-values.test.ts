import type { Float8DType } from "@onestep/graph";
import { expect, it } from "vitest";
import golden from "./__fixtures__/float8-values.json" with { type: "json" };
import { float8Values } from "./float8-values.ts";

// Numbers of torch as Python prints them: `inf`, `nan`, and enough digits for the same float64.
it.each(Object.entries(golden))("every byte of %s stands for torch's number", (type, numbers) => {
  const expected = numbers.map((text) => Number(text.replace("inf", "Infinity").replace("nan", "NaN")));
  const values = float8Values(type as Float8DType);
  expect(values).toHaveLength(256);
  expect(values.map((value) => Object.is(value, -0))).toEqual(expected.map((value) => Object.is(value, -0)));
  expect(values).toEqual(expected);
});
