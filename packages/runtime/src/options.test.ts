import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { Device } from "./backend.ts";
import { OutOfMemoryError } from "./errors.ts";
import { checkWeightsFit, resolveDevice } from "./options.ts";

const gibibyte = 1024 ** 3;

describe("resolveDevice", () => {
  it("takes the best device for auto and for nothing", () => {
    expect(resolveDevice("auto", ["webgpu", "cpu"])).toBe("webgpu");
    expect(resolveDevice(undefined, ["cpu"])).toBe("cpu");
  });

  it("takes the device that was asked for where it is available", () => {
    expect(resolveDevice("cpu", ["webgpu", "cpu"])).toBe("cpu");
  });

  it.each<Device>(["webgpu", "wasm"])("names what is available where %s is not", (device) => {
    const resolve = (): Device => resolveDevice(device, ["cpu"]);
    expect(resolve).toThrow(UnsupportedError);
    expect(resolve).toThrow(
      `device: found "${device}", expected a device that is available here: "cpu". ` +
        'Pass one of these, or "auto" for the best of them.',
    );
  });

  it("rejects what is not the name of a device", () => {
    const resolve = (): Device => resolveDevice("gpu" as Device, ["cpu"]);
    expect(resolve).toThrow(InvalidArgumentError);
    expect(resolve).toThrow('device: found "gpu", expected "auto" or one of "cpu", "webgpu", "wasm".');
  });

  it("says so where a platform has no device at all", () => {
    const resolve = (): Device => resolveDevice("auto", []);
    expect(resolve).toThrow(UnsupportedError);
    expect(resolve).toThrow('device: found "auto" on a platform that no model runs on yet');
  });
});

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
