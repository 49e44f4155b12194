import { describe, expect, it, vi } from "vitest";
import { OneTimeWarning } from "../one-time-warning.ts";
import { chooseThreads, findWebDevices } from "./platform.ts";

const isolated = { canSuspend: true, isCrossOriginIsolated: true };

interface Adapter {
  readonly info?: Partial<GPUAdapterInfo>;
  readonly maxBufferSize?: number;
  readonly maxStorageBufferBindingSize?: number;
  readonly features?: readonly string[];
}

/** Puts a browser with this GPU, or without one, in place of the real one. */
function pretendGpu(adapter: Adapter | null | Error): void {
  const requestAdapter = async (): Promise<object | null> => {
    if (adapter === null || adapter instanceof Error) {
      if (adapter !== null) throw adapter;
      return null;
    }
    const { info = {}, maxBufferSize = 2 ** 31, maxStorageBufferBindingSize = 2 ** 31 } = adapter;
    return {
      info,
      features: new Set(adapter.features),
      limits: { maxBufferSize, maxStorageBufferBindingSize },
    };
  };
  vi.stubGlobal("navigator", { gpu: { requestAdapter } });
}

const software: readonly Partial<GPUAdapterInfo>[] = [
  { isFallbackAdapter: true },
  { isFallbackAdapter: false, architecture: "swiftshader" },
  { isFallbackAdapter: false, description: "llvmpipe (LLVM 15.0.6, 256 bits)" },
  { isFallbackAdapter: false, description: "Microsoft Basic Render Driver (WARP)" },
];

const namesOf = async (requested?: "auto" | "webgpu" | "wasm"): Promise<readonly string[]> =>
  (await findWebDevices(requested)).map(({ device }) => device);

describe("findWebDevices", () => {
  it("prefers a GPU, with or without wishes", async () => {
    pretendGpu({ info: { isFallbackAdapter: false, vendor: "amd" } });
    for (const requested of [undefined, "auto", "webgpu"] as const) {
      expect(await namesOf(requested)).toEqual(["webgpu", "wasm"]);
    }
  });

  it("asks for no GPU where wasm is wished for", async () => {
    pretendGpu(new Error("was asked"));
    expect(await namesOf("wasm")).toEqual(["wasm"]);
  });

  it.each(software)("takes a GPU that is computed on the processor last: %o", async (info) => {
    pretendGpu({ info });
    expect(await namesOf("auto")).toEqual(["wasm", "webgpu"]);
  });

  it.each([null, new Error("the GPU process crashed")])(
    "has wasm alone where there is no GPU: %s",
    async (gpu) => {
      pretendGpu(gpu);
      expect(await namesOf("webgpu")).toEqual(["wasm"]);
      vi.stubGlobal("navigator", {});
      expect(await namesOf("auto")).toEqual(["wasm"]);
    },
  );

  it.each([{ maxStorageBufferBindingSize: 128_000_000 }, { maxBufferSize: 128_000_000 }])(
    "says how large an array a GPU holds: %o",
    async (limits) => {
      pretendGpu(limits);
      expect(await findWebDevices("auto")).toMatchObject([{ largestArray: 128_000_000 }, { device: "wasm" }]);
    },
  );

  it("says what a GPU computes in", async () => {
    pretendGpu({ features: ["shader-f16"] });
    expect(await findWebDevices("auto")).toMatchObject([{ precisions: ["float32", "float16"] }, {}]);
    pretendGpu({});
    expect(await findWebDevices("auto")).toMatchObject([{ precisions: ["float32"] }, {}]);
  });
});

describe("chooseThreads", () => {
  it.each([
    [1, 1],
    [2, 2],
    [4, 2],
    [7, 4],
    [16, 8],
    [64, 8],
  ])("on %d processors takes %d threads", (processors, threads) => {
    expect(chooseThreads(undefined, { ...isolated, processors }, new OneTimeWarning())).toBe(threads);
  });

  it("takes as many as it is asked for", () => {
    expect(chooseThreads(3, { ...isolated, processors: 2 }, new OneTimeWarning())).toBe(3);
  });

  it.each([
    [1000, 2, 8],
    [1000, 16, 16],
    [9, 8, 8],
  ])("takes no more than there is use for: of %d on %d processors %d", (requested, processors, threads) => {
    expect(chooseThreads(requested, { ...isolated, processors }, new OneTimeWarning())).toBe(threads);
  });

  it("takes one in a page that is not cross-origin isolated, and says once what it costs", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const platform = { canSuspend: true, isCrossOriginIsolated: false, processors: 8 };
    const warning = new OneTimeWarning();
    expect(chooseThreads(1, platform, warning)).toBe(1);
    expect(chooseThreads(undefined, { ...platform, processors: 1 }, warning)).toBe(1);
    expect(warn).not.toHaveBeenCalled();
    expect(chooseThreads(undefined, platform, warning)).toBe(1);
    expect(chooseThreads(2, platform, warning)).toBe(1);
    expect(warn.mock.calls).toEqual([
      [
        "[onestep] The model runs on one thread instead of 4, because this page is not cross-origin isolated. Serve it " +
          "with the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp` " +
          "(or `credentialless`), or pass `threads: 1` to do without.",
      ],
    ]);
  });
});
