import { setWarningHandler, UnsupportedError } from "@onestep/core";
import type { DType } from "@onestep/graph";
import { type AvailableDevice, OutOfMemoryError } from "@onestep/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPrecision, type LoadPlan, placeModel, type RequestedPrecision } from "./load-model.ts";

const both = ["float32", "float16"] as const;
const stored = (...types: DType[]) => types.map((dtype) => ({ dtype }));

/** A plan on devices, best first. */
function planOn(devices: readonly AvailableDevice[], dtype: RequestedPrecision = "auto"): LoadPlan {
  const options = { threads: undefined, optimizeFor: "throughput", signal: undefined } as const;
  const backend = { findDevices: async () => devices, start: () => Promise.reject(new Error("not started")) };
  return { dtype, session: { backend, devices, options } };
}

const gpu: AvailableDevice = { device: "webgpu", precisions: both, largestArray: 800 };
const wasm: AvailableDevice = { device: "wasm", precisions: ["float32"] };
const weights = [{ name: "w", shape: [100] }];

describe("placeModel", () => {
  const place = (plan: LoadPlan, ...types: DType[]) => placeModel(plan, "m", weights, stored(...types));

  it("takes float16 for weights that are stored so, on a device that has it", () => {
    expect(place(planOn([gpu, wasm]), "float16", "float16")).toEqual({ device: "webgpu", dtype: "float16" });
    expect(place(planOn([wasm]), "float16")).toEqual({ device: "wasm", dtype: "float32" });
  });

  it.each<DType>(["float32", "bfloat16", "float64"])("takes float32 where some are %s", (type) => {
    expect(place(planOn([gpu]), "float16", type).dtype).toBe("float32");
  });

  it("takes what was asked for, whatever is stored", () => {
    expect(place(planOn([gpu], "float16"), "float32").dtype).toBe("float16");
    expect(place(planOn([gpu], "float32"), "float16").dtype).toBe("float32");
  });

  it("judges a GPU by the format in which it would hold the weights", () => {
    const small = { ...gpu, largestArray: 200 };
    expect(place(planOn([small, wasm]), "float16").device).toBe("webgpu");
    expect(place(planOn([small, wasm]), "float32").device).toBe("wasm");
    expect(place(planOn([small, wasm], "float32"), "float16").device).toBe("wasm");
    expect(placeModel(planOn([small, wasm]), "m", weights).device).toBe("webgpu");
    expect(() => place(planOn([small], "float32"), "float16")).toThrow(UnsupportedError);
    expect(() => place(planOn([small], "float32"), "float16")).toThrow(
      /found "webgpu" on a GPU whose buffers hold/,
    );
  });

  it("refuses more than WebAssembly has addresses for", () => {
    const large = [{ name: "w", shape: [1_000_000_000] }];
    expect(() => placeModel(planOn([wasm]), "m", large)).toThrow(OutOfMemoryError);
    expect(() => placeModel(planOn([wasm]), "m", large)).toThrow(/^weights of m: found 4000000000 bytes/);
  });
});

describe("memory", () => {
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    setWarningHandler(({ message }) => {
      warnings.push(message);
    });
  });
  afterEach(() => {
    setWarningHandler(undefined);
  });

  function planWith(memory: number | undefined): LoadPlan {
    const plan = planOn([{ device: "cpu", precisions: ["float32"] }]);
    const backend = { ...plan.session.backend, memory: () => memory };
    return { ...plan, session: { ...plan.session, backend } };
  }
  const large = [{ name: "w", shape: [3_000_000_000] }];

  it("that is too little for the weights is warned of before they are fetched", () => {
    placeModel(planWith(8e9), "m", large);
    expect(warnings).toEqual([expect.stringContaining("The weights of m take 12.0 GB")]);
    expect(warnings[0]).toContain("8.0 GB of memory");
    placeModel(planWith(8e9), "m", large, stored("float32"));
    expect(warnings).toHaveLength(1);
  });

  it.each([16e9, undefined])("of %s bytes is not warned of", (memory) => {
    placeModel(planWith(memory), "m", large);
    expect(warnings).toEqual([]);
  });
});

describe("checkPrecision", () => {
  it("lets pass what the device computes in", () => {
    expect(() => checkPrecision("auto", "cpu", ["float32"])).not.toThrow();
    expect(() => checkPrecision("float16", "webgpu", both)).not.toThrow();
  });

  it.each([
    ["webgpu", "whose GPU does not offer the feature shader-f16"],
    ["cpu", "where it would be slower than float32"],
    ["wasm", "where it would be slower than float32"],
  ] as const)("says why %s does not compute in float16, and what to do", (device, reason) => {
    const check = (): void => checkPrecision("float16", device, ["float32"]);
    expect(check).toThrow(UnsupportedError);
    expect(check).toThrow(`dtype: found "float16" on the device "${device}", ${reason}`);
    expect(check).toThrow(/expected "auto" or "float32". Leave `dtype` out/);
  });
});
