import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeJson, describeValue, isJsonObject } from "./describe-json.ts";
import { PythonFloat } from "./python-json.ts";

describe("describeValue", () => {
  it.each([
    [null, "null"],
    [undefined, "undefined"],
    ["a\nb", '"a\\nb"'],
    [7, "7"],
    [12345678901234567890n, "12345678901234567890"],
    [new PythonFloat(7), "7.0"],
    [[1, [2n, new PythonFloat(1e-5)], { a: null }], '[1,[2,1e-05],{"a":null}]'],
    [[[[[1]]]], "[[[[...]]]]"],
    [{ a: { b: { c: { d: 1 } } } }, '{"a":{"b":{"c":{...}}}}'],
    [Array.from({ length: 20 }, () => 0), "[0,0,0,0,0,0,0,0,0,0,0,0,...]"],
    [() => 1, "a function"],
    [Symbol("x"), "Symbol(x)"],
    [Object.create(null), "{}"],
  ])("%o is %s", (value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });

  it("ends where a value holds itself", () => {
    const circular: unknown[] = [1];
    circular.push(circular);
    expect(describeValue(circular)).toBe("[1,[1,[1,[...]]]]");
  });

  it("cuts long text", () => {
    expect(describeValue("x".repeat(1000))).toBe(`"${"x".repeat(116)}...`);
  });

  it("takes anything and stays short", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withMap: true }), (value) => {
        expect(describeValue(value).length).toBeLessThanOrEqual(120);
      }),
    );
  });
});

it("describeJson does so for JSON", () => {
  expect(describeJson({ sizes: [1, 2n ** 60n] })).toBe('{"sizes":[1,1152921504606846976]}');
});

it("isJsonObject tells objects from lists, floats and null", () => {
  expect([{}, [], new PythonFloat(1), null, "a", 1].map(isJsonObject)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
