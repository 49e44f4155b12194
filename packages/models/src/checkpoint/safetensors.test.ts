import { OnestepError, UnsupportedError } from "@onestep/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryFile } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { CheckpointError } from "../errors.ts";
import { readSafetensors } from "./safetensors.ts";

const two = {
  __metadata__: { format: "pt" },
  bias: { dtype: "F16", shape: [2], data_offsets: [24, 28] },
  weight: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
};

async function readError(bytes: Uint8Array, size?: number): Promise<CheckpointError> {
  const error = await readSafetensors(memoryFile("model.safetensors", bytes, size)).catch((reason) => reason);
  expect(CheckpointError.isInstance(error)).toBe(true);
  return error as CheckpointError;
}

describe("readSafetensors", () => {
  it("says what each array is and where its bytes lie", async () => {
    const file = memoryFile("model.safetensors", safetensorsBytes(two, 28));
    const tensors = await readSafetensors(file);
    const dataStart = file.size - 28;
    expect([...tensors.keys()].sort()).toEqual(["bias", "weight"]);
    expect(tensors.get("weight")).toEqual({
      dtype: "float32",
      shape: [2, 3],
      file,
      offset: dataStart,
      length: 24,
    });
    expect(tensors.get("bias")).toMatchObject({ dtype: "float16", shape: [2], offset: dataStart + 24 });
  });

  it.each([
    ["F8_E4M3", "float8_e4m3fn", 1],
    ["F8_E5M2", "float8_e5m2", 1],
    ["F8_E8M0", "float8_e8m0fnu", 1],
    ["U16", "uint16", 2],
    ["U64", "uint64", 8],
    ["C64", "complex64", 8],
    ["F4", "float4_e2m1fn_x2", 0.5],
    ["F6_E2M3", "float6_e2m3", 0.75],
  ])("reads the type %s as %s", async (format, dtype, width) => {
    const length = 8 * width;
    const bytes = safetensorsBytes(
      { x: { dtype: format, shape: [2, 4], data_offsets: [0, length] } },
      length,
    );
    const { x } = Object.fromEntries(await readSafetensors(memoryFile("model.safetensors", bytes)));
    expect(x).toMatchObject({ dtype, shape: [2, 4], length });
  });

  it.each(["F33", "F8_E3M4", "constructor", "float16"])(
    "says that it does not know the type %s, which is no damage",
    async (dtype) => {
      const bytes = safetensorsBytes({ x: { dtype, shape: [2], data_offsets: [0, 8] } }, 8);
      const error = await readSafetensors(memoryFile("x.safetensors", bytes)).catch((reason) => reason);
      expect(UnsupportedError.isInstance(error)).toBe(true);
      expect(error.message).toContain(
        `x.safetensors: x: found the dtype "${dtype}", expected one of F64, F32`,
      );
      expect(error.message).not.toMatch(/damaged|incomplete/);
    },
  );

  it("reads a header padded with spaces, empty arrays and scalars", async () => {
    const header = `${JSON.stringify({
      empty: { dtype: "F32", shape: [0, 4], data_offsets: [0, 0] },
      scalar: { dtype: "I64", shape: [], data_offsets: [0, 8] },
    })}    `;
    const tensors = await readSafetensors(memoryFile("x", safetensorsBytes(header, 8)));
    expect(tensors.get("empty")?.length).toBe(0);
    expect(tensors.get("scalar")).toMatchObject({ shape: [], length: 8, dtype: "int64" });
  });

  const entry = (changes: object): object => ({
    x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...changes },
  });
  it.each<[string, Uint8Array, RegExp]>([
    [
      "a file shorter than the length field",
      new Uint8Array(5),
      /found 5 bytes, expected at least the 8 bytes/,
    ],
    [
      "a header longer than the file",
      safetensorsBytes(two, 28, 5000n),
      /found a claimed header of 5000 bytes, expected at most the \d+ bytes that follow/,
    ],
    [
      "a header of 4 GB",
      safetensorsBytes(two, 28, 4_294_967_296n),
      /found a claimed header of 4294967296 bytes, expected at most 100000000/,
    ],
    ["a header of 2^64 - 1 bytes", safetensorsBytes(two, 28, 2n ** 64n - 1n), /18446744073709551615 bytes/],
    ["a header that is no JSON", safetensorsBytes("{nonsense", 0), /a header that is no JSON/],
    ["a header that is not UTF-8", safetensorsBytes(two, 28).fill(0xff, 9, 12), /a header that is no JSON/],
    [
      "a header that is a list",
      safetensorsBytes("[1, 2]", 0),
      /a header that is \[1, ?2\], expected a JSON object/,
    ],
    ["a header that is a number", safetensorsBytes("7", 0), /a header that is 7, expected a JSON object/],
    [
      "a key that stands twice",
      safetensorsBytes(
        '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      /each key once; "x" stands twice/,
    ],
    [
      "an entry that is no object",
      safetensorsBytes({ x: 3 }, 0),
      /"x": found 3, expected an object of dtype/,
    ],
    [
      "no dtype",
      safetensorsBytes(entry({ dtype: undefined }), 8),
      /found dtype nothing, expected one of F64, F32/,
    ],
    [
      "a shape of fractions",
      safetensorsBytes(entry({ shape: [1.5] }), 8),
      /found shape \[1.5\], expected a list/,
    ],
    ["a negative shape", safetensorsBytes(entry({ shape: [-2] }), 8), /found shape \[-2\]/],
    ["a shape that is no list", safetensorsBytes(entry({ shape: 2 }), 8), /found shape 2/],
    ["no offsets", safetensorsBytes(entry({ data_offsets: undefined }), 8), /found data_offsets nothing/],
    [
      "three offsets",
      safetensorsBytes(entry({ data_offsets: [0, 4, 8] }), 8),
      /found data_offsets \[0, ?4, ?8\]/,
    ],
    [
      "negative offsets",
      safetensorsBytes(entry({ data_offsets: [-8, 0] }), 8),
      /found data_offsets \[-8, ?0\]/,
    ],
    [
      "offsets beyond 2^53",
      safetensorsBytes(
        '{"x":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,18446744073709551616]}}',
        8,
      ),
      /found data_offsets \[18446744073709551608/,
    ],
    [
      "offsets that run backwards",
      safetensorsBytes(entry({ data_offsets: [8, 0] }), 8),
      /found data_offsets \[8, 0\], expected an end that is not before the begin/,
    ],
    [
      "offsets past the end of the file",
      safetensorsBytes(entry({ shape: [4], data_offsets: [0, 16] }), 8),
      /found data up to byte \d+, expected at most \d+, the size of the file/,
    ],
    [
      "a shape that does not fit the bytes",
      safetensorsBytes(entry({ shape: [3] }), 8),
      /found 8 bytes, expected 12 for F32 \[3\]/,
    ],
    [
      "a dtype that does not fit the bytes",
      safetensorsBytes(entry({ dtype: "F16" }), 8),
      /found 8 bytes, expected 4 for F16 \[2\]/,
    ],
    [
      "a shape whose product overflows",
      safetensorsBytes(entry({ shape: [2 ** 52, 2 ** 52] }), 8),
      /found 8 bytes, expected 8\.11\S+e\+31 for F32/,
    ],
    [
      "arrays that overlap",
      safetensorsBytes(
        {
          x: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
          y: { dtype: "F32", shape: [2], data_offsets: [4, 12] },
        },
        12,
      ),
      /"y": found data at byte \d+, which overlaps the array before it/,
    ],
    [
      "a gap between arrays",
      safetensorsBytes(
        {
          x: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
          y: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
        },
        12,
      ),
      /"y": found data at byte \d+, which leaves a gap/,
    ],
    [
      "bytes after the last array",
      safetensorsBytes(entry({}), 12),
      /found 4 bytes after the last array, expected none/,
    ],
  ])("refuses %s", async (_what, bytes, message) => {
    const error = await readError(bytes);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("model.safetensors");
    expect(error.message).toContain("fetch it again");
    expect(error.code).toBe("invalid-checkpoint");
  });

  it("refuses a file that was cut off after the header", async () => {
    const whole = safetensorsBytes(two, 28);
    const error = await readError(whole.slice(0, whole.length - 10));
    expect(error.message).toMatch(/found data up to byte \d+, expected at most \d+/);
  });

  it("never reads outside the file and never fails otherwise, whatever the header", async () => {
    const dimension = fc.oneof(fc.integer({ min: -1, max: 5 }), fc.double(), fc.constant(2 ** 53));
    const offset = fc.oneof(fc.integer({ min: -4, max: 40 }), fc.constant(2 ** 60));
    const entryOf = fc.record({
      dtype: fc.constantFrom("F32", "F16", "BF16", "U8", "F33", 7),
      shape: fc.array(dimension, { maxLength: 3 }),
      data_offsets: fc.array(offset, { maxLength: 3 }),
    });
    const headers = fc.dictionary(fc.string({ maxLength: 3 }), fc.oneof(entryOf, fc.jsonValue()), {
      maxKeys: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        headers,
        fc.nat(40),
        fc.option(fc.bigInt({ min: 0n, max: 200n })),
        async (header, data, claimed) => {
          const bytes = safetensorsBytes(header, data, claimed ?? undefined);
          const file = memoryFile("x", bytes);
          const read = file.read;
          const guarded = {
            ...file,
            read: (start: number, end: number) => {
              expect(start).toBeGreaterThanOrEqual(0);
              expect(end).toBeLessThanOrEqual(bytes.length);
              return read(start, end);
            },
          };
          try {
            for (const { offset: start, length } of (await readSafetensors(guarded)).values()) {
              expect(start + length).toBeLessThanOrEqual(bytes.length);
            }
          } catch (error) {
            expect(OnestepError.isInstance(error), String(error)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
