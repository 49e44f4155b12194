import { UnsupportedError } from "@onestep/core";
import type { Device } from "@onestep/runtime";
import { expect, it, vi } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { UNet2DModel } from "./unet-2d-model.ts";

it("refuses a precision that the device does not compute in", async () => {
  const repository = memoryRepository({});
  const get = vi.spyOn(repository, "get");
  const loading = UNet2DModel.fromRepository(repository, { device: "cpu", dtype: "float16" });
  await expect(loading).rejects.toThrow(UnsupportedError);
  await expect(loading).rejects.toThrow(
    /dtype: found "float16" on the device "cpu".*, expected "auto" or "float32"/,
  );
  expect(get).not.toHaveBeenCalled();
});

it("refuses a device that does not exist, before any file is fetched", async () => {
  const repository = memoryRepository({});
  const get = vi.spyOn(repository, "get");
  await expect(UNet2DModel.fromRepository(repository, { device: "cuda" as Device })).rejects.toThrow(
    'device: found "cuda", expected "auto" or one of "cpu", "webgpu", "wasm"',
  );
  expect(get).not.toHaveBeenCalled();
});
