import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredFile, StoredWeight } from "../stored-weight.ts";
import { needsWidening, WidenedFile } from "./widened-file.ts";

function memoryFile(path: string, bytes: Uint8Array): StoredFile {
  return { path, size: bytes.length, read: async (start, end) => bytes.slice(start, end) };
}

/** 1.5, -2 and 0.1 in bfloat16, after a byte of something else. */
const half = memoryFile("half", Uint8Array.of(7, 0xc0, 0x3f, 0, 0xc0, 0xcd, 0x3d));
const bfloat16: StoredWeight = {
  file: half,
  offset: 1,
  length: 6,
  dtype: "bfloat16",
  shape: [3],
};
const doubles = Float64Array.of(0.1, -1e300, Number.NaN, 2);
const float64: StoredWeight = {
  file: memoryFile("doubles", new Uint8Array(doubles.buffer)),
  offset: 0,
  length: 32,
  dtype: "float64",
  shape: [2, 2],
};
const expected = Float32Array.of(1.5, -2, 0.10009765625, ...doubles);

describe("WidenedFile", () => {
  it("is the arrays in float32, one after the other, whatever part is read", async () => {
    const file = new WidenedFile();
    expect(file.size).toBe(0);
    expect(file.add(bfloat16)).toEqual({ offset: 0, length: 12 });
    expect(file.add(float64)).toEqual({ offset: 12, length: 16 });
    expect(file.size).toBe(28);
    const bytes = new Uint8Array(expected.buffer);
    await fc.assert(
      fc.asyncProperty(fc.nat(28), fc.nat(28), async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        expect(await file.read(start, end)).toEqual(bytes.slice(start, end));
      }),
    );
  });
});

it("needsWidening tells the types that onnxruntime-web has no cast from", () => {
  expect([bfloat16, float64].map(needsWidening)).toEqual([true, true]);
  expect(needsWidening({ ...bfloat16, dtype: "float16" })).toBe(false);
});
