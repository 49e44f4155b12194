import {
  cast,
  defineGraph,
  type GraphDType,
  GraphError,
  type Scope,
  specialise,
  type Value,
} from "@onestep/graph";
import { describe, expect, it } from "vitest";
import { runGraph, type StoredArray } from "./__fixtures__/run-graph.ts";
import { lowerGraph } from "./lowering.ts";
import { loweringTables } from "./tables.ts";

async function take(array: StoredArray, dtype: GraphDType = "float32"): Promise<readonly number[]> {
  const define = (scope: Scope): Value => cast(scope.matrix("w", array.shape), "float32");
  const [output] = await runGraph(define, [{}], { arrays: { w: array }, dtype });
  return Array.from(output?.data ?? [], Number);
}

/** 1.5, -2 and 0.1 as each format stores them; 0.1 as what float16 and bfloat16 have nearest to it. */
const stored: readonly [GraphDType, Uint8Array<ArrayBuffer>, number][] = [
  ["float64", bytesOf(Float64Array.of(1.5, -2, 0.1)), 0.1],
  ["float32", bytesOf(Float32Array.of(1.5, -2, 0.1)), 0.1],
  ["float16", bytesOf(Uint16Array.of(0x3e00, 0xc000, 0x2e66)), 0.0999755859375],
  ["bfloat16", bytesOf(Uint16Array.of(0x3fc0, 0xc000, 0x3dcd)), 0.10009765625],
];

function bytesOf(values: Float64Array | Float32Array | Uint16Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer as ArrayBuffer);
}

describe("a weight", () => {
  it.each(stored)("that is stored as %s is computed with in float32", async (dtype, bytes, tenth) => {
    expect(await take({ dtype, bytes, shape: [3] })).toEqual([1.5, -2, Math.fround(tenth)]);
  });

  it.each(stored)("that is stored as %s is computed with in float16", async (dtype, bytes, tenth) => {
    const [first, second, third] = await take({ dtype, bytes, shape: [3] }, "float16");
    expect([first, second]).toEqual([1.5, -2]);
    // Numbers around 0.1 are 2⁻¹⁴ apart in float16.
    expect(Math.abs((third ?? 0) - tenth)).toBeLessThanOrEqual(2 ** -15);
  });

  it.each([
    ["float8_e4m3fn", [0x3c, 0xc0, 0x1d], 0.1015625],
    ["float8_e5m2", [0x3e, 0xc0, 0x2e], 0.09375],
  ] as const)("that is stored as %s is decoded", async (dtype, bytes, nearestToTenth) => {
    expect(await take({ dtype, bytes: Uint8Array.from(bytes), shape: [3] })).toEqual([
      1.5,
      -2,
      nearestToTenth,
    ]);
  });

  it.each(["float32", "bfloat16"] as const)("whose rows are interleaved is gathered: %s", async (dtype) => {
    // Two groups of two rows of each of three arrays, three numbers a row.
    const numbers = Float32Array.from({ length: 36 }, (_, index) => index);
    const bytes =
      dtype === "float32"
        ? bytesOf(numbers)
        : bytesOf(Uint16Array.from(new Uint32Array(numbers.buffer), (bits) => bits >>> 16));
    const width = dtype === "float32" ? 4 : 2;
    const place = { offset: 6 * width, length: 12 * width, interleaved: { groups: 2, of: 3, index: 1 } };
    expect(await take({ dtype, bytes, shape: [4, 3], place })).toEqual([
      6, 7, 8, 9, 10, 11, 24, 25, 26, 27, 28, 29,
    ]);
  });
});

describe("lowerGraph", () => {
  const graph = specialise(
    defineGraph((scope) => ({ y: scope.matrix("w", [2, 3]) })),
    { dtype: "float32" },
  );
  const place = { location: "weights.bin", offset: 8, length: 24, dtype: "float32", shape: [2, 3] } as const;

  it("names a weight's bytes by file, offset and length", () => {
    const { initializers } = lowerGraph(graph, new Map([["w", place]]), loweringTables.cpu);
    expect(initializers).toEqual([
      {
        name: "w",
        dtype: "float32",
        shape: [2, 3],
        data: { location: "weights.bin", offset: 8, length: 24 },
      },
    ]);
  });

  it("refuses a place whose bytes do not fit the shape, a format without numbers, and a weight that is missing", () => {
    const lower = (weights: Parameters<typeof lowerGraph>[1]): (() => unknown) => {
      return () => lowerGraph(graph, weights, loweringTables.cpu);
    };
    expect(lower(new Map([["w", { ...place, length: 23 }]]))).toThrow(
      /found 23 bytes, expected 24 for float32/,
    );
    expect(lower(new Map([["w", { ...place, dtype: "complex64", length: 48 }]]))).toThrow(
      /numbers in complex64/,
    );
    expect(lower(new Map())).toThrow(GraphError);
    expect(lower(new Map())).toThrow(/w: found no such array/);
  });

  it("refuses a graph whose format is not decided", () => {
    const undecided = defineGraph((scope) => ({ y: scope.matrix("w", [2, 3]) }));
    expect(() => lowerGraph(undecided, new Map([["w", place]]), loweringTables.cpu)).toThrow(
      /a value whose format is not decided/,
    );
  });
});
