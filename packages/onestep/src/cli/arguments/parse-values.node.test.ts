import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "./parse-arguments.ts";
import { parseBigIntegers, parseCount, parseIntegers, parseNumber } from "./parse-values.ts";

describe("parseCount", () => {
  it.each([
    ["12", 12],
    ["1", 1],
    ["10000", 10_000],
  ])("takes %s", (text, count) => {
    expect(parseCount("steps", text)).toBe(count);
  });

  it.each(["", "1.5", "1e3", "0x10", "abc", "0", "-1", "10001", "99999999999999999999"])(
    "refuses %j",
    (text) => {
      expect(() => parseCount("steps", text)).toThrow(UsageError);
      expect(() => parseCount("steps", text)).toThrow(
        `--steps: found ${JSON.stringify(text)}, expected an integer from 1 to 10000.`,
      );
    },
  );
});

describe("parseNumber", () => {
  it.each([
    ["0.6", 0.6],
    ["1", 1],
    ["-2.", -2],
    [".5", 0.5],
    ["2e-3", 0.002],
  ])("takes %s", (text, number) => {
    expect(parseNumber("strength", text)).toBe(number);
  });

  it.each(["", "much", "0x1", "1,5", "Infinity", "1e999", "--1"])("refuses %j", (text) => {
    expect(() => parseNumber("strength", text)).toThrow(UsageError);
    expect(() => parseNumber("strength", text)).toThrow(
      `--strength: found ${JSON.stringify(text)}, expected a number.`,
    );
  });
});

describe("parseIntegers", () => {
  it("joins lists, ranges and repetitions", () => {
    expect(parseIntegers("class-label", ["1, 2,3", "7-9"])).toEqual([1, 2, 3, 7, 8, 9]);
    expect(parseIntegers("timesteps", ["22,0"])).toEqual([22, 0]);
    expect(parseIntegers("class-label", ["5-5", "-2"])).toEqual([5, -2]);
    expect(parseIntegers("class-label", [])).toBeUndefined();
  });

  it.each(["9-7", "0-10000", "1,", ",", "1;2", "1-", "a-b"])("refuses %j", (text) => {
    expect(() => parseIntegers("class-label", [text])).toThrow(UsageError);
  });

  it("reads back any list", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { minLength: 1 }), (numbers) => {
        expect(parseIntegers("x", [numbers.join()])).toEqual(numbers);
      }),
    );
  });
});

describe("parseBigIntegers", () => {
  it("keeps every digit", () => {
    expect(parseBigIntegers("seed", ["18446744073709551615,-1"])).toEqual([18446744073709551615n, -1n]);
    expect(parseBigIntegers("seed", [])).toBeUndefined();
  });

  it.each(["", "1.0", "0x1", "1 2", "9".repeat(41)])("refuses %j", (text) => {
    expect(() => parseBigIntegers("seed", [text])).toThrow("expected an integer");
  });
});
