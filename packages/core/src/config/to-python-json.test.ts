import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { PythonFloat } from "./python-json.ts";
import { toPythonJson } from "./to-python-json.ts";

describe("toPythonJson", () => {
  it("copies plain values; numbers that are no safe integers become floats", () => {
    const value = {
      a: [1, 0.5, 1e300, 2n ** 60n, new PythonFloat(7)],
      b: { c: "x", d: null, e: true },
      f: undefined,
    };
    const json = toPythonJson(value, "value");
    expect(json).toEqual({
      a: [1, new PythonFloat(0.5), new PythonFloat(1e300), 2n ** 60n, new PythonFloat(7)],
      b: { c: "x", d: null, e: true },
    });
    value.a.pop();
    expect(json).toHaveProperty("a.length", 5);
  });

  it("keeps __proto__ as a key", () => {
    const json = toPythonJson(JSON.parse('{"__proto__": {"a": 1}}'), "value");
    expect(Object.keys(json as object)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(json)).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ["a function", { a: [() => 1] }, "value.a[0]: found a function, expected something that JSON can hold."],
    ["undefined in a list", [undefined], "value[0]: found undefined"],
    ["a hole in a list", new Array(1), "value[0]: found undefined"],
    ["a symbol", Symbol("s"), "value: found Symbol(s)"],
    ["a Date", { when: new Date(0) }, "value.when: found an object of the class Date"],
    ["a typed array", new Float32Array(2), "value: found an object of the class Float32Array"],
  ])("refuses %s", (_name, value, message) => {
    expect(() => toPythonJson(value, "value")).toThrow(InvalidArgumentError);
    expect(() => toPythonJson(value, "value")).toThrow(message);
  });

  it("refuses what nests without end", () => {
    const circular: unknown[] = [];
    circular.push(circular);
    expect(() => toPythonJson(circular, "value")).toThrow(InvalidArgumentError);
    expect(() => toPythonJson(circular, "value")).toThrow(
      /^value(\[0\])+: found more than 64 levels of nesting/,
    );
  });
});
