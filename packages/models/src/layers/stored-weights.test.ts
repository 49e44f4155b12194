import { createInferenceSession } from "@onestep/runtime";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph/graph-builder.ts";
import type { WeightReference } from "../graph/weight-reference.ts";
import { placeWeights } from "./__fixtures__/place-weights.ts";
import { WeightScope } from "./weight-scope.ts";

async function take(
  bytes: Uint8Array<ArrayBuffer>,
  reference: Omit<WeightReference, "location">,
): Promise<readonly number[]> {
  const { file, remove } = await placeWeights([bytes]);
  const builder = new GraphBuilder();
  const source = { resolve: () => ({ ...reference, location: "weights.bin" }) };
  builder.output("y", new WeightScope(builder, source).take("weight", "float32", reference.shape));
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
  it.each([
    ["float8_e4m3fn", [0x3c, 0xc0, 0x1d], 0.1015625],
    ["float8_e5m2", [0x3e, 0xc0, 0x2e], 0.09375],
  ] as const)("gives what is stored as %s", async (float8, bytes, nearestToTenth) => {
    const reference = { offset: 0, length: 3, shape: [3], elementType: "uint8", float8 } as const;
    expect(await take(Uint8Array.from(bytes), reference)).toEqual([1.5, -2, nearestToTenth]);
  });

  it("gives rows that are interleaved with those of other arrays", async () => {
    // Two groups of two rows of each of three arrays, three numbers a row.
    const all = new Uint8Array(Float32Array.from({ length: 36 }, (_, index) => index).buffer);
    const rows = await take(all, {
      offset: 24,
      length: 48,
      shape: [4, 3],
      elementType: "float32",
      interleaved: { groups: 2, of: 3, index: 1 },
    });
    expect(rows).toEqual([6, 7, 8, 9, 10, 11, 24, 25, 26, 27, 28, 29]);
  });
});
