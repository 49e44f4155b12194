import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { defaultSeed, normalizeSeed, randomSeed } from "./torch-generator.ts";

describe("normalizeSeed", () => {
  it.each([
    [0, 0n],
    [-1, 2n ** 64n - 1n],
    [2n ** 63n, 2n ** 63n],
    [-(2n ** 63n), 2n ** 63n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
    [Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n],
  ])("takes %s as torch does", (seed, expected) => {
    expect(normalizeSeed(seed)).toBe(expected);
  });

  it.each([
    [2n ** 64n, "18446744073709551616n"],
    [-(2n ** 63n) - 1n, "-9223372036854775809n"],
    [1.5, "1.5"],
    [2 ** 53, "9007199254740992"],
    [Number.NaN, "NaN"],
    [Infinity, "Infinity"],
    ["7" as unknown as number, '"7"'],
    [null as unknown as number, "null"],
  ])("refuses %s", (seed, found) => {
    expect(() => normalizeSeed(seed)).toThrow(InvalidArgumentError);
    expect(() => normalizeSeed(seed)).toThrow(
      `seed: found ${found}, expected a whole number from -2^63 to 2^64 - 1. Pass a safe integer, or a bigint`,
    );
  });
});

it("the default seed is torch's", () => {
  expect(defaultSeed).toBe(67280421310721n);
});

it("random seeds differ and stay below 2^53", () => {
  const seeds = Array.from({ length: 20 }, randomSeed);
  expect(new Set(seeds).size).toBe(20);
  expect(seeds.every((seed) => seed >= 0n && seed < 2n ** 53n)).toBe(true);
});
