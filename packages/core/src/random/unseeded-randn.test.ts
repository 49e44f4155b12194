import { expect, it } from "vitest";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { unseededRandn } from "./unseeded-randn.ts";

it("draws normal numbers", () => {
  const count = 100_000;
  const { data, shape } = unseededRandn([count / 100, 100]);
  expect(shape).toEqual([count / 100, 100]);
  const moment = (power: number) => data.reduce((sum, value) => sum + value ** power, 0) / count;
  // Each bound is ten deviations of what it bounds: √(1, 2, 15, 96) / √count.
  const [first, second, third, fourth] = [1, 2, 3, 4].map(moment);
  expect(Math.abs(Number(first))).toBeLessThan(0.032);
  expect(Math.abs(Number(second) - 1)).toBeLessThan(0.045);
  expect(Math.abs(Number(third))).toBeLessThan(0.123);
  expect(Math.abs(Number(fourth) - 3)).toBeLessThan(0.31);
  const neighbours = data.reduce((sum, value, index) => sum + value * Number(data[index ^ 1]), 0) / count;
  expect(Math.abs(neighbours)).toBeLessThan(0.045);
});

it.each([[[0]], [[1]], [[3]], [[]], [[2, 5]]])("fills shape %j, with other numbers each time", (shape) => {
  const { data } = unseededRandn(shape);
  expect(data.length).toBe(shape.reduce((product, length) => product * length, 1));
  expect(data.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
  if (data.length > 0) expect(unseededRandn(shape).data).not.toEqual(data);
});

it("refuses a shape that is none", () => {
  expect(() => unseededRandn([-1])).toThrow(InvalidArgumentError);
});
