import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { integerField } from "./config-field.ts";
import { ConfigSchema } from "./config-schema.ts";
import { diffusersVersion, formatConfig, formatPythonJson } from "./format-python-json.ts";
import { parsePythonJson } from "./parse-python-json.ts";
import { PythonFloat, type PythonJson } from "./python-json.ts";

describe("formatPythonJson", () => {
  it("keeps integers and floats apart, sorts keys, indents by two", () => {
    const value = {
      b: new PythonFloat(7),
      a: [1, new PythonFloat(1e-5), true, null],
      _class_name: "X",
      empty: [],
      none: {},
    };
    expect(formatPythonJson(value)).toBe(
      '{\n  "_class_name": "X",\n  "a": [\n    1,\n    1e-05,\n    true,\n    null\n  ],\n  "b": 7.0,\n  "empty": [],\n  "none": {}\n}\n',
    );
  });

  // Python 3.11: json.dumps(text).
  it.each([
    ["é\u2028\u007f", '"\\u00e9\\u2028\\u007f"'],
    ['"\\/\b\f\n\r\t\u0000', '"\\"\\\\/\\b\\f\\n\\r\\t\\u0000"'],
    ["\u{1f600}", '"\\ud83d\\ude00"'],
    ["\ud800", '"\\ud800"'],
    ["\udc00x", '"\\udc00x"'],
  ])("escapes %j as Python does", (text, expected) => {
    expect(formatPythonJson(text)).toBe(`${expected}\n`);
  });

  it("sorts keys by code point, not by 16-bit unit", () => {
    const keys = ["\u{1f600}", "\uffee", "b", "ba", "", "a\u{10000}", "a\uffff"];
    const text = formatPythonJson(Object.fromEntries(keys.map((key) => [key, 1])));
    expect([...text.matchAll(/"(.*)":/g)].map((match) => match[1])).toEqual([
      "",
      "a\\uffff",
      "a\\ud800\\udc00",
      "b",
      "ba",
      "\\uffee",
      "\\ud83d\\ude00",
    ]);
  });

  it("writes __proto__ and other inherited names as keys", () => {
    const value = JSON.parse('{"__proto__": 1, "constructor": 2}') as PythonJson;
    expect(formatPythonJson(value)).toBe('{\n  "__proto__": 1,\n  "constructor": 2\n}\n');
  });

  it("writes large integers in full and plain numbers that are none as floats", () => {
    expect(formatPythonJson([2n ** 70n, 0.5, 1e300, Number.NaN, -0])).toBe(
      "[\n  1180591620717411303424,\n  0.5,\n  1e+300,\n  NaN,\n  0\n]\n",
    );
  });

  it("refuses what is not JSON, and what nests without end", () => {
    const circular: PythonJson[] = [];
    circular.push(circular);
    expect(() => formatPythonJson(circular)).toThrow(InvalidArgumentError);
    expect(() => formatPythonJson(circular)).toThrow(
      "JSON value: found a deeper one, expected at most 64 levels of nesting.",
    );
    const odd = { key: undefined } as unknown as PythonJson;
    expect(() => formatPythonJson(odd)).toThrow(InvalidArgumentError);
    expect(() => formatPythonJson(odd)).toThrow("JSON value: found undefined, expected JSON.");
  });
});

describe("formatConfig", () => {
  const schema = new ConfigSchema("Thing", { size: integerField(3) });

  it("names the class and the version, and leaves out what diffusers keeps for itself", () => {
    const text =
      '{"_class_name": "Other", "_ignore_files": [], "_pre_quantization_dtype": "x", "_name_or_path": "here", "__proto__": 1}';
    const config = schema.fromJson(parsePythonJson(text, "thing.json"), "thing.json");
    expect(formatConfig(config)).toBe(
      `{\n  "__proto__": 1,\n  "_class_name": "Thing",\n  "_diffusers_version": "${diffusersVersion}",\n  "_name_or_path": "here",\n  "size": 3\n}\n`,
    );
  });

  it("refuses an object that no schema made", () => {
    expect(() => formatConfig({ size: 3 })).toThrow(InvalidArgumentError);
    expect(() => formatConfig({ size: 3 })).toThrow(
      'config: found {"size":3}, expected the `config` of a scheduler',
    );
  });
});
