import { UnsupportedError } from "@onestep/core";
import { findDevices } from "@onestep/runtime";
import { describe, expect, it, vi } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { UNet2DModel } from "./unet-2d-model.ts";

// The GPU of these tests is computed on the processor (SwiftShader), and has no shader-f16.
describe("UNet2DModel in a browser", () => {
  it("computes in float32 on a GPU that has nothing else", async () => {
    const precisions = (await findDevices()).map((available) => [available.device, available.precisions]);
    expect(precisions).toEqual([
      ["wasm", ["float32"]],
      ["webgpu", ["float32"]],
    ]);
  });

  it.each([
    ["webgpu", "whose GPU does not offer the feature shader-f16"],
    ["wasm", "where it would be slower than float32"],
  ] as const)("refuses float16 on %s before any file is fetched", async (device, reason) => {
    const repository = memoryRepository({});
    const get = vi.spyOn(repository, "get");
    const loading = UNet2DModel.fromRepository(repository, { device, dtype: "float16" });
    await expect(loading).rejects.toThrow(UnsupportedError);
    await expect(loading).rejects.toThrow(`dtype: found "float16" on the device "${device}", ${reason}`);
    expect(get).not.toHaveBeenCalled();
  });
});
