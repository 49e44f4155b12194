import { describe, expect, it } from "vitest";
import { describeValue } from "../config/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";
import {
  allocateData,
  convertData,
  elementCount,
  isDataOfType,
  isDataType,
  sameShape,
} from "./tensor-data.ts";

describe("elementCount", () => {
  it("multiplies the dimensions; the empty shape has one element", () => {
    expect(elementCount([2, 3, 4])).toBe(24);
    expect(elementCount([5, 0])).toBe(0);
    expect(elementCount([])).toBe(1);
  });

  it.each([
    [[-1]],
    [[1.5]],
    [[Number.NaN]],
    [[Infinity]],
    [["3" as unknown as number]],
    [[2 ** 27, 2 ** 27]],
  ])("refuses %j", (shape) => {
    expect(() => elementCount(shape)).toThrow(InvalidArgumentError);
    expect(() => elementCount(shape)).toThrow(`shape: found ${describeValue(shape)}`);
  });

  it.each([
    [4, "shape: found the number 4, expected a list of dimensions. Pass a list, for example [3]"],
    [undefined, "shape: found undefined"],
    [new Int32Array(2), "shape: found an Int32Array of 2 elements"],
  ])("refuses %o, which is no list", (shape, message) => {
    expect(() => elementCount(shape as unknown as number[])).toThrow(InvalidArgumentError);
    expect(() => elementCount(shape as unknown as number[])).toThrow(message);
  });
});

describe("sameShape", () => {
  it.each([
    [[], [], true],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [[2], [2, 1], false],
  ])("of %j and %j: %s", (left, right, expected) => {
    expect(sameShape(left, right)).toBe(expected);
  });
});

describe("isDataType and isDataOfType", () => {
  it("know the five element types and nothing from Object.prototype", () => {
    expect(["float32", "float64", "int32", "int64", "uint8"].every(isDataType)).toBe(true);
    expect(["float16", "constructor", "", 3, null].some(isDataType)).toBe(false);
  });

  it("tell typed arrays apart", () => {
    expect(isDataOfType(new BigInt64Array(1), "int64")).toBe(true);
    expect(isDataOfType(new BigUint64Array(1), "int64")).toBe(false);
    expect(isDataOfType([1], "float32")).toBe(false);
  });
});

describe("allocateData and convertData", () => {
  it("give zeros", () => {
    expect(allocateData("int64", 2)).toEqual(new BigInt64Array(2));
  });

  it("turn a failed allocation into an error with the size in it", () => {
    expect(() => allocateData("float64", 2 ** 52)).toThrow(InvalidArgumentError);
    expect(() => allocateData("float64", 2 ** 52)).toThrow(/found 4503599627370496 elements of float64/);
  });

  it("convert whole numbers between bigint and number", () => {
    expect(convertData([3, 4n], "int32")).toEqual(new Int32Array([3, 4]));
    expect(convertData([3, 4n], "int64")).toEqual(new BigInt64Array([3n, 4n]));
    expect(convertData([3n], "float64")).toEqual(new Float64Array([3]));
  });
});
