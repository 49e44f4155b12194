import { createInferenceSession } from "@onestep/runtime";
import { describe, expect, it } from "vitest";
import type { GraphElementType } from "../graph/element-type.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import { castTo } from "../graph/operators/elementwise.ts";
import { placeWeights } from "./__fixtures__/place-weights.ts";
import { WeightScope } from "./weight-scope.ts";

/** 1.5, -2 and 0.1 as each type stores them; 0.1 as what float16 and bfloat16 have nearest to it. */
const stored: readonly [GraphElementType, Uint8Array<ArrayBuffer>, number][] = [
  ["float64", bytesOf(Float64Array.of(1.5, -2, 0.1)), 0.1],
  ["float32", bytesOf(Float32Array.of(1.5, -2, 0.1)), 0.1],
  ["float16", bytesOf(Uint16Array.of(0x3e00, 0xc000, 0x2e66)), 0.0999755859375],
  ["bfloat16", bytesOf(Uint16Array.of(0x3fc0, 0xc000, 0x3dcd)), 0.10009765625],
];

function bytesOf(values: Float64Array | Float32Array | Uint16Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer as ArrayBuffer);
}

async function take(
  elementType: GraphElementType,
  bytes: Uint8Array<ArrayBuffer>,
  wanted: GraphElementType,
): Promise<readonly number[]> {
  const { file, remove } = await placeWeights([bytes]);
  const builder = new GraphBuilder();
  const source = {
    resolve: () =>
      ({ location: "weights.bin", offset: 0, length: bytes.length, elementType, shape: [3] }) as const,
  };
  const weight = new WeightScope(builder, source).take("weight", wanted, [3]);
  expect(weight.elementType).toBe(wanted);
  builder.output("y", castTo(builder, weight, "float32"));
  const session = await createInferenceSession({
    graph: builder.build(),
    files: new Map([["weights.bin", file]]),
  });
  const { y } = await session.run({});
  await session.dispose();
  await remove();
  return Array.from(y?.data ?? [], Number);
}

describe("WeightScope", () => {
  it.each(stored)("gives what is stored as %s in float32", async (elementType, bytes, tenth) => {
    expect(await take(elementType, bytes, "float32")).toEqual([1.5, -2, Math.fround(tenth)]);
  });

  it.each(stored)("gives what is stored as %s in float16", async (elementType, bytes, tenth) => {
    const [first, second, third] = await take(elementType, bytes, "float16");
    expect([first, second]).toEqual([1.5, -2]);
    // Numbers around 0.1 are 2⁻¹⁴ apart in float16.
    expect(Math.abs((third ?? 0) - tenth)).toBeLessThanOrEqual(2 ** -15);
  });
});
