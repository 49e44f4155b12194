import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidConfigError } from "../errors.ts";
import { toPythonJson } from "./config.ts";
import { formatPythonJson } from "./format-python-json.ts";
import { parsePythonJson } from "./parse-python-json.ts";
import { PythonFloat, type PythonJson } from "./python-json.ts";

describe("parsePythonJson", () => {
  it.each<[string, PythonJson]>([
    ["7", 7],
    ["-0", 0],
    ["7.0", new PythonFloat(7)],
    ["-0.0", new PythonFloat(-0)],
    ["1e3", new PythonFloat(1000)],
    ["1E400", new PythonFloat(Infinity)],
    ["-1e400", new PythonFloat(-Infinity)],
    ["1e-400", new PythonFloat(0)],
    ["NaN", new PythonFloat(Number.NaN)],
    ["-Infinity", new PythonFloat(-Infinity)],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-123456789012345678901234567890", -123456789012345678901234567890n],
    [' \t\r\n["a", [], {}] ', ["a", [], {}]],
    ['"\\ud83d\\ude00\\ud800\\u0041\\/"', "\u{1f600}\ud800A/"],
    ['"raw \u{1f600} \u2028"', "raw \u{1f600} \u2028"],
  ])("reads %s", (text, expected) => {
    expect(parsePythonJson(text, "test")).toEqual(expected);
  });

  it("takes __proto__ for a key like any other", () => {
    const object = parsePythonJson('{"__proto__": {"polluted": 1}, "toString": 2}', "test") as Record<
      string,
      PythonJson
    >;
    expect(Object.keys(object)).toEqual(["__proto__", "toString"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it.each([
    [
      "",
      "config.json: found the end of the text at line 1, column 1, expected a JSON value. Check that the file is",
    ],
    ["{", "found the end of the text at line 1, column 2, expected a string in double quotes"],
    ['{"a": 1', 'found the end of the text at line 1, column 8, expected "," or "}"'],
    ['["a', "found the end of the text at line 1, column 4, expected the end of a string"],
    ['["a\\"', "found the end of the text at line 1, column 6, expected the end of a string"],
    ['{\n  "a": 1,\n  "a": 2\n}', 'at line 3, column 3, expected each key once; "a" stands twice'],
    ["[1,]", 'found "]" at line 1, column 4, expected a JSON value'],
    ["{'a': 1}", "expected a string in double quotes"],
    ['{"a" 1}', 'found "1}" at line 1, column 6, expected ":"'],
    ["01", 'found "1" at line 1, column 2, expected the end of the document'],
    ["1.", 'found "." at line 1, column 2, expected the end of the document'],
    ["+1", "expected a JSON value"],
    ["-", "expected a JSON value"],
    ["nul", "expected a JSON value"],
    ["\ufeff{}", "expected a JSON value"],
    ['"a\nb"', "expected a string with valid escapes and without raw control characters"],
    ['"\\x41"', "expected a string with valid escapes"],
    ["9".repeat(5000), "expected an integer of at most 4300 digits"],
    ["[".repeat(100), "expected at most 64 levels of nesting"],
    ['{"a":'.repeat(100), "expected at most 64 levels of nesting"],
  ])("refuses %j", (text, message) => {
    expect(() => parsePythonJson(text, "config.json")).toThrow(InvalidConfigError);
    expect(() => parsePythonJson(text, "config.json")).toThrow(message);
  });

  it("reads 64 levels, and long strings", () => {
    expect(() => parsePythonJson(`${"[".repeat(64)}1${"]".repeat(64)}`, "test")).not.toThrow();
    const text = 'a\\"'.repeat(1_000_000);
    expect(parsePythonJson(`"${text}"`, "test")).toBe('a"'.repeat(1_000_000));
  });
});

/** Any JSON document, with floats, large integers, odd strings and odd keys in it. */
const documents: fc.Arbitrary<PythonJson> = fc.letrec<{ json: PythonJson }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.bigInt().map((value) => (value >= -(2n ** 53n) + 1n && value < 2n ** 53n ? Number(value) : value)),
    fc.double().map((value) => new PythonFloat(value)),
    fc.string({ unit: "binary" }),
    fc.array(tie("json")),
    fc
      .array(fc.tuple(fc.oneof(fc.string({ unit: "binary" }), fc.constant("__proto__")), tie("json")))
      .map((entries) => toPythonJson(Object.fromEntries(entries), "document")),
  ),
})).json;

describe("a file that is no JSON", () => {
  it.each([
    [
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n",
      /^config.json: found a Git LFS pointer.*expected a JSON value. Run `git lfs pull`/,
    ],
    ["# xet version 0\nfilesize = 7", /found a Xet pointer/],
    ["\n<!doctype html><title>Sign in</title>", /found a web page \(HTML\)/],
    ['<?xml version="1.0"?><Error/>', /found an XML document/],
    ["<Error><Code>AccessDenied</Code></Error>", /found an XML document/],
    ["Entry not found", /found "Entry not found" at line 1, column 1/],
  ])("is told by what it begins with: %j", (text, message) => {
    expect(() => parsePythonJson(text, "config.json")).toThrow(InvalidConfigError);
    expect(() => parsePythonJson(text, "config.json")).toThrow(message);
  });
});

describe("a document", () => {
  it("is the same after it was written and read", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const text = formatPythonJson(document);
        const again = parsePythonJson(text, "test");
        expect(again).toEqual(document);
        expect(formatPythonJson(again)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("is read as JSON.parse reads it, or refused where JSON.parse refuses", () => {
    fc.assert(
      fc.property(
        documents,
        fc.nat(),
        fc.constantFrom("", ",", '"', "]", "}", "\\", "0", "\n"),
        (document, at, noise) => {
          const valid = JSON.stringify(document, (_key, value: unknown) =>
            typeof value === "bigint" ? 1 : value,
          );
          const place = at % (valid.length + 1);
          const text = valid.slice(0, place) + noise + valid.slice(place);
          let expected: unknown;
          try {
            expected = JSON.parse(text);
          } catch {
            expect(() => parsePythonJson(text, "test")).toThrow(InvalidConfigError);
            return;
          }
          const duplicate = /stands twice/;
          try {
            expect(toPlain(parsePythonJson(text, "test"))).toEqual(expected);
          } catch (error) {
            if (!InvalidConfigError.isInstance(error) || !duplicate.test(error.message)) throw error;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** What JSON.parse makes of the same text. */
function toPlain(json: PythonJson): unknown {
  if (json instanceof PythonFloat) return json.value;
  if (typeof json === "bigint") return Number(json);
  if (Array.isArray(json)) return json.map(toPlain);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, toPlain(value)]));
}
