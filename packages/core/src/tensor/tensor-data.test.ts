import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { allocateData, convertData, isDataOfType, isDataType } from "./tensor-data.ts";

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
