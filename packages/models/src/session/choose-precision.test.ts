import { UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { ElementType } from "../graph/element-type.ts";
import { checkPrecision, choosePrecision } from "./choose-precision.ts";

const both = ["float32", "float16"] as const;
const stored = (...types: ElementType[]) => types.map((elementType) => ({ elementType }));

describe("choosePrecision", () => {
  it("takes float16 for weights that are stored so, on a device that has it", () => {
    expect(choosePrecision("auto", both, stored("float16", "float16"))).toBe("float16");
    expect(choosePrecision("auto", ["float32"], stored("float16"))).toBe("float32");
  });

  it.each<ElementType>(["float32", "bfloat16", "float64"])("takes float32 where some are %s", (type) => {
    expect(choosePrecision("auto", both, stored("float16", type))).toBe("float32");
  });

  it("takes what was asked for, whatever is stored", () => {
    expect(choosePrecision("float16", both, stored("float32"))).toBe("float16");
    expect(choosePrecision("float32", both, stored("float16"))).toBe("float32");
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
