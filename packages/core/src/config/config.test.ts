import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { createConfig, readConfigRecord, toCamelCase, toPythonJson, toSnakeCase } from "./config.ts";
import { PythonFloat } from "./python-json.ts";

describe("config", () => {
  const record = { className: "Thing", entries: new Map([["size", 3]]), defaulted: new Set<string>() };

  it("carries its record, unseen by those who list or copy its values", () => {
    const config = createConfig({ size: 3 }, record);
    expect(config).toEqual({ size: 3 });
    expect(Object.keys(config)).toEqual(["size"]);
    expect(readConfigRecord(config)).toBe(record);
    expect(readConfigRecord({ ...config })).toBeUndefined();
    expect(JSON.stringify(config)).toBe('{"size":3}');
  });

  it("is frozen", () => {
    const config: { size: number } = createConfig({ size: 3 }, record);
    expect(() => {
      config.size = 4;
    }).toThrow(TypeError);
  });
});

describe("configName", () => {
  it.each([
    ["rho", "rho"],
    ["sNoise", "s_noise"],
    ["numTrainTimesteps", "num_train_timesteps"],
    ["resnetTimeScaleShift", "resnet_time_scale_shift"],
  ])("%s is %s in JSON", (camelCase, snakeCase) => {
    expect(toSnakeCase(camelCase)).toBe(snakeCase);
    expect(toCamelCase(snakeCase)).toBe(camelCase);
  });

  it("leaves names that begin with an underscore their beginning", () => {
    expect(toCamelCase("_class_name")).toBe("_className");
  });
});

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
