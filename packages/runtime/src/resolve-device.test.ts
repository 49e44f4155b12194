import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { Device } from "./inference-session.ts";
import { resolveDevice } from "./resolve-device.ts";

describe("resolveDevice", () => {
  it("takes the best device for auto and for nothing", () => {
    expect(resolveDevice("auto", ["webgpu", "cpu"])).toBe("webgpu");
    expect(resolveDevice(undefined, ["cpu"])).toBe("cpu");
  });

  it("takes the device that was asked for where it is available", () => {
    expect(resolveDevice("cpu", ["webgpu", "cpu"])).toBe("cpu");
  });

  it.each<Device>(["cuda", "webgpu", "wasm"])("names what is available where %s is not", (device) => {
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
    expect(resolve).toThrow(
      'device: found "gpu", expected "auto" or one of "cpu", "cuda", "webgpu", "wasm".',
    );
  });

  it("says so where a platform has no device at all", () => {
    const resolve = (): Device => resolveDevice("auto", []);
    expect(resolve).toThrow(UnsupportedError);
    expect(resolve).toThrow('device: found "auto" on a platform that no model runs on yet');
  });
});
