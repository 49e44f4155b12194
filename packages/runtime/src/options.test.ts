import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { AvailableDevice, Device, Precision } from "./backend.ts";
import { OutOfMemoryError } from "./errors.ts";
import { allowedDevices, checkWeightsFit, chooseDevice } from "./options.ts";

const gibibyte = 1024 ** 3;

function devices(...names: readonly Device[]): readonly AvailableDevice[] {
  return names.map((device) => ({ device, precisions: ["float32"] }));
}

describe("allowedDevices", () => {
  it("allows all devices, best first, for auto and for nothing", () => {
    expect(allowedDevices("auto", devices("webgpu", "cpu"))).toEqual(devices("webgpu", "cpu"));
    expect(allowedDevices(undefined, devices("cpu"))).toEqual(devices("cpu"));
  });

  it("allows the device that was asked for where it is available", () => {
    expect(allowedDevices("cpu", devices("webgpu", "cpu"))).toEqual(devices("cpu"));
  });

  it.each<Device>(["webgpu", "wasm"])("names what is available where %s is not", (device) => {
    const allow = (): unknown => allowedDevices(device, devices("cpu"));
    expect(allow).toThrow(UnsupportedError);
    expect(allow).toThrow(
      `device: found "${device}", expected a device that is available here: "cpu". ` +
        'Pass one of these, or "auto" for the best of them.',
    );
  });

  it("rejects what is not the name of a device", () => {
    const allow = (): unknown => allowedDevices("gpu" as Device, devices("cpu"));
    expect(allow).toThrow(InvalidArgumentError);
    expect(allow).toThrow('device: found "gpu", expected "auto" or one of "cpu", "webgpu", "wasm".');
  });

  it("says so where a platform has no device at all", () => {
    const allow = (): unknown => allowedDevices("auto", []);
    expect(allow).toThrow(UnsupportedError);
    expect(allow).toThrow('device: found "auto" on a platform that no model runs on yet');
  });
});

describe("chooseDevice", () => {
  const gpu: AvailableDevice = {
    device: "webgpu",
    precisions: ["float32", "float16"],
    largestArray: 128_000_000,
  };
  const both = { devices: [gpu, ...devices("wasm")] };
  const holds = (bytes: number) => (): number => bytes;

  it("leaves a GPU alone whose buffers are smaller than the largest weight", () => {
    expect(chooseDevice(both, holds(128_000_000)).device).toBe("webgpu");
    expect(chooseDevice(both, holds(128_000_001)).device).toBe("wasm");
    const choose = (): unknown => chooseDevice({ devices: [gpu] }, holds(268_435_456));
    expect(choose).toThrow(UnsupportedError);
    expect(choose).toThrow(
      'device: found "webgpu" on a GPU whose buffers hold 128 MB, expected 268 MB for the largest weight.',
    );
  });

  it("asks how large the weights are in what each device computes in", () => {
    const bytes = (precisions: readonly Precision[]): number =>
      precisions.includes("float16") ? 100_000_000 : 200_000_000;
    expect(chooseDevice(both, bytes).device).toBe("webgpu");
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
