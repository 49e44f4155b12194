import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tensor } from "../tensor/tensor.ts";
import { describeJson, describeValue } from "./describe-value.ts";
import { isJsonObject, PythonFloat } from "./python-json.ts";

describe("describeValue", () => {
  it.each([
    [null, "null"],
    [undefined, "undefined"],
    ["a\nb", '"a\\nb"'],
    [7, "7"],
    ["3", '"3"'],
    [3n, "3n"],
    [-0, "-0"],
    [12345678901234567890n, "12345678901234567890n"],
    [new PythonFloat(7), "7.0"],
    [[1, [2n, new PythonFloat(1e-5)], { a: null }], '[1,[2n,1e-05],{"a":null}]'],
    [[[[[1]]]], "[[[[...]]]]"],
    [{ a: { b: { c: { d: 1 } } } }, '{"a":{"b":{"c":{...}}}}'],
    [Array.from({ length: 20 }, () => 0), "[0,0,0,0,0,0,0,0,0,0,0,0,...]"],
    [() => 1, "a function"],
    [class Model {}, "the class Model"],
    [class {}, "a function"],
    [Symbol("x"), "Symbol(x)"],
    [Symbol("a\nb"), "Symbol(a\\u000ab)"],
    [Object.create(null), "{}"],
    [new Float32Array(12_288), "a Float32Array of 12288 elements"],
    [new DataView(new ArrayBuffer(4)), "a DataView"],
    [Tensor.zeros([1, 3, 64, 64]), "a tensor, float32 [1, 3, 64, 64]"],
    [new Map([[1, 2]]), "an object of the class Map"],
    [new (class {})(), "an object of a class"],
  ])("%# is %s", (value, expected) => {
    expect(describeValue(value)).toBe(expected);
  });

  it("ends where a value holds itself", () => {
    const circular: unknown[] = [1];
    circular.push(circular);
    expect(describeValue(circular)).toBe("[1,[1,[1,[...]]]]");
  });

  it("does not throw where a value throws when it is looked at", () => {
    const throwing = {
      get a() {
        throw new Error("no");
      },
      b: 1,
    };
    expect(describeValue(throwing)).toBe('{"a":(cannot be read),"b":1}');
    expect(describeValue([throwing, 2])).toBe('[{"a":(cannot be read),"b":1},2]');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(describeValue(proxy)).toBe("a value that cannot be read");
    expect(describeValue([proxy])).toBe("[(cannot be read)]");
    const handler = {
      get() {
        throw new Error("no");
      },
    };
    expect(describeValue(new Proxy({ a: 1 }, handler))).toBe("a value that cannot be read");
    const nameless = Object.create({ constructor: undefined, toString: 3 });
    expect(describeValue(nameless)).toBe("an object of a class");
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

it("describeJson does so for JSON, as it stands in a file", () => {
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
