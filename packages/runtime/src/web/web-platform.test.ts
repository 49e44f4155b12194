import { UnsupportedError } from "@onestep/core";
import { describe, expect, it, vi } from "vitest";
import { findWebDevices } from "./web-platform.ts";

interface Adapter {
  readonly info?: Partial<GPUAdapterInfo>;
  readonly maxBufferSize?: number;
  readonly maxStorageBufferBindingSize?: number;
}

/** Puts a browser with this GPU, or without one, in place of the real one. */
function pretendGpu(adapter: Adapter | null | Error): void {
  const requestAdapter = async (): Promise<object | null> => {
    if (adapter === null || adapter instanceof Error) {
      if (adapter !== null) throw adapter;
      return null;
    }
    const { info = {}, maxBufferSize = 2 ** 31, maxStorageBufferBindingSize = 2 ** 31 } = adapter;
    return { info, limits: { maxBufferSize, maxStorageBufferBindingSize } };
  };
  vi.stubGlobal("navigator", { gpu: { requestAdapter } });
}

const software: readonly Partial<GPUAdapterInfo>[] = [
  { isFallbackAdapter: true },
  { isFallbackAdapter: false, architecture: "swiftshader" },
  { isFallbackAdapter: false, description: "llvmpipe (LLVM 15.0.6, 256 bits)" },
  { isFallbackAdapter: false, description: "Microsoft Basic Render Driver (WARP)" },
];

describe("findWebDevices", () => {
  it("prefers a GPU, with or without wishes", async () => {
    pretendGpu({ info: { isFallbackAdapter: false, vendor: "amd" } });
    for (const requested of [undefined, "auto", "webgpu"] as const) {
      expect(await findWebDevices(requested, 0)).toEqual(["webgpu", "wasm"]);
    }
  });

  it("asks for no GPU where wasm is wished for", async () => {
    pretendGpu(new Error("was asked"));
    expect(await findWebDevices("wasm", 0)).toEqual(["wasm"]);
  });

  it.each(software)("takes a GPU that is computed on the processor last: %o", async (info) => {
    pretendGpu({ info });
    expect(await findWebDevices("auto", 0)).toEqual(["wasm", "webgpu"]);
  });

  it.each([null, new Error("the GPU process crashed")])(
    "has wasm alone where there is no GPU: %s",
    async (gpu) => {
      pretendGpu(gpu);
      expect(await findWebDevices("webgpu", 0)).toEqual(["wasm"]);
      vi.stubGlobal("navigator", {});
      expect(await findWebDevices("auto", 0)).toEqual(["wasm"]);
    },
  );

  it.each([{ maxStorageBufferBindingSize: 128_000_000 }, { maxBufferSize: 128_000_000 }])(
    "leaves a GPU alone whose buffers are smaller than the largest weight: %o",
    async (limits) => {
      pretendGpu(limits);
      expect(await findWebDevices("auto", 128_000_000)).toEqual(["webgpu", "wasm"]);
      expect(await findWebDevices("auto", 128_000_001)).toEqual(["wasm"]);
      const asked = findWebDevices("webgpu", 268_435_456);
      await expect(asked).rejects.toThrow(UnsupportedError);
      await expect(asked).rejects.toThrow(
        'device: found "webgpu" on a GPU whose buffers hold 128 MB, expected 268 MB for the largest weight.',
      );
    },
  );
});
