import { expect, it } from "vitest";
import { byteLength, dtypes, isFloat8, numberFormats } from "./dtype.ts";

it("no two formats share a number of ONNX, a name of safetensors or a class of torch", () => {
  for (const key of ["onnx", "safetensors", "torchStorage"] as const) {
    const names = dtypes.map((dtype) => numberFormats[dtype][key]).filter((name) => name !== undefined);
    expect(new Set(names).size).toBe(names.length);
  }
});

it("knows the size of an array, fractions of a byte too", () => {
  expect(byteLength("float16", [3, 5])).toBe(30);
  expect(byteLength("float4_e2m1fn_x2", [4])).toBe(2);
  expect(byteLength("float6_e2m3", [8])).toBe(6);
  expect(byteLength("int64", [])).toBe(8);
});

it("tells numbers of 8 bits with an exponent", () => {
  expect(dtypes.filter(isFloat8)).toHaveLength(5);
});
