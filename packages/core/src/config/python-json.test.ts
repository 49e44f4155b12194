import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPythonFloat, PythonFloat } from "./python-json.ts";

describe("pythonJson", () => {
  it("PythonFloat is told from other objects, also when another copy of the package made it", () => {
    expect(new PythonFloat(7)).toBeInstanceOf(PythonFloat);
    expect({ value: 7 }).not.toBeInstanceOf(PythonFloat);
    expect({ value: 7, [Symbol.for("onestep.python-float")]: true }).toBeInstanceOf(PythonFloat);
    const others: unknown[] = [null, undefined, 7, "7"];
    expect(others.some((value) => value instanceof PythonFloat)).toBe(false);
  });
});

describe("formatPythonFloat", () => {
  // Python 3.11: json.dumps(value).
  it.each([
    [80, "80.0"],
    [0.002, "0.002"],
    [1e-5, "1e-05"],
    [0.0001, "0.0001"],
    [9.999e-5, "9.999e-05"],
    [1e16, "1e+16"],
    [9999999999999998, "9999999999999998.0"],
    [1e15, "1000000000000000.0"],
    [1.5e-7, "1.5e-07"],
    [-0, "-0.0"],
    [0, "0.0"],
    [0.00012345, "0.00012345"],
    [-1234.5, "-1234.5"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [Number.NaN, "NaN"],
    [Infinity, "Infinity"],
    [-Infinity, "-Infinity"],
  ])("writes %d as Python does", (value, text) => {
    expect(formatPythonFloat(value)).toBe(text);
  });

  it("writes what reads back as the same number, and as a float in Python", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const text = formatPythonFloat(value);
        expect(Object.is(Number(text), value)).toBe(true);
        expect(text).toMatch(/^-?(Infinity|\d+\.\d+|\d(\.\d+)?e[+-]\d\d+)$/);
      }),
      { numRuns: 1000 },
    );
  });
});
