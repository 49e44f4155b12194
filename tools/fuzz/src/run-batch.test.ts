import { OnestepError } from "@onestep/core";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FuzzTarget } from "./fuzz-target.ts";
import { batchSize, runBatch } from "./run-batch.ts";
import { fuzzTargets } from "./targets/fuzz-targets.ts";

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});

describe.each(fuzzTargets)("the reader of $name files", (target) => {
  it.each([1, 2, 3])("loads or refuses each of a thousand (seed %d)", async (seed) => {
    const { finding, loaded, refused } = await runBatch(target, seed);
    expect(finding).toBeUndefined();
    expect(loaded + refused).toBe(batchSize);
    // Neither all good nor all broken: the files are worth the trouble.
    expect(loaded).toBeGreaterThan(batchSize / 20);
    expect(refused).toBeGreaterThan(batchSize / 4);
  });
});

describe("a reader with a fault is found out where it", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const array = { dtype: "uint8", shape: [4], offset: 0, length: 4 } as const;
  const reader = (read: FuzzTarget["read"], isGood = false): FuzzTarget => ({
    name: "faulty",
    inputs: fc.constant({ bytes, contents: isGood ? new Map([["a", bytes]]) : undefined }),
    read,
    mayOverlap: false,
  });

  it.each<[string, FuzzTarget]>([
    ["fails without a type", reader(() => Promise.reject(new TypeError("of undefined")))],
    ["refuses a good file", reader(() => Promise.reject(new OnestepError("no")), true)],
    [
      "reads outside the file",
      reader(async (file) => new Map([["a", { ...array, file, shape: [await skip(file)] }]])),
    ],
    [
      "takes a shape that the bytes do not fit",
      reader(async (file) => new Map([["a", { ...array, file, shape: [3] }]])),
    ],
    ["takes bytes past the end", reader(async (file) => new Map([["a", { ...array, file, offset: 1 }]]))],
    [
      "takes arrays that overlap",
      reader(async (file) => new Map(["a", "b"].map((name) => [name, { ...array, file }]))),
    ],
    [
      "takes a fraction for a number",
      reader(async (file) => new Map([["a", { ...array, file, offset: 0.5 }]])),
    ],
    ["loses an array", reader(async () => new Map(), true)],
    [
      "finds other bytes",
      reader(async (file) => new Map([["a", { ...array, file, shape: [3], length: 3 }]]), true),
    ],
  ])("%s", async (_fault, target) => {
    const { finding } = await runBatch(target, 1);
    expect(finding?.reason).toContain("FuzzFinding");
    expect(finding?.base64).toBe(Buffer.from(bytes).toString("base64"));
  });

  async function skip(file: { read(start: number, end: number): Promise<Uint8Array> }): Promise<number> {
    return (await file.read(2, 6)).length + 2;
  }
});
