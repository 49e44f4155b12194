import { describe, expect, it } from "vitest";
import { checkWeightsFit } from "./check-weights-fit.ts";
import { OutOfMemoryError } from "./errors/out-of-memory-error.ts";

const gibibyte = 1024 ** 3;

describe("checkWeightsFit", () => {
  it.each([
    ["wasm", 3.5 * gibibyte],
    ["cpu", 40 * gibibyte],
    ["webgpu", 40 * gibibyte],
  ] as const)("lets %s hold %d bytes", (device, byteCount) => {
    expect(() => checkWeightsFit({ subject: "weights of m", device, byteCount })).not.toThrow();
  });

  it("says what to do with more than WebAssembly has addresses for", () => {
    const check = (): void => checkWeightsFit({ subject: "weights of m", device: "wasm", byteCount: 4e9 });
    expect(check).toThrow(OutOfMemoryError);
    expect(check).toThrow(
      "weights of m: found 4000000000 bytes in float32, in which WebAssembly computes, expected at most 3758096384 bytes",
    );
    expect(check).toThrow(
      'Run the model on a GPU (device "webgpu"; with variant "fp16" it takes half the memory)',
    );
  });
});
