import { expect, it } from "vitest";
import { PythonFloat } from "./python-json.ts";

it("PythonFloat is told from other objects, also when another copy of the package made it", () => {
  expect(new PythonFloat(7)).toBeInstanceOf(PythonFloat);
  expect({ value: 7 }).not.toBeInstanceOf(PythonFloat);
  expect({ value: 7, [Symbol.for("onestep.python-float")]: true }).toBeInstanceOf(PythonFloat);
  const others: unknown[] = [null, undefined, 7, "7"];
  expect(others.some((value) => value instanceof PythonFloat)).toBe(false);
});
