import { describe, expect, it } from "vitest";
import { nativeSessionOptions } from "./session-options.ts";

describe("nativeSessionOptions", () => {
  it("names the folder of the weights, where there is one", () => {
    const key = "model_external_initializers_file_folder_path";
    expect(
      nativeSessionOptions({ folder: "/models", device: "cpu", threads: 2, optimizeFor: "throughput" }),
    ).toMatchObject({
      intraOpNumThreads: 2,
      extra: { session: { [key]: "/models" } },
    });
    const { intraOpNumThreads, extra } = nativeSessionOptions({
      folder: undefined,
      device: "cpu",
      threads: 0,
      optimizeFor: "throughput",
    });
    expect(intraOpNumThreads).toBe(0);
    expect(extra).toEqual({ session: { disable_prepacking: "1" } });
  });

  it("runs on the device", () => {
    const options = { folder: undefined, device: "webgpu", threads: 1, optimizeFor: "throughput" } as const;
    expect(nativeSessionOptions(options)).toMatchObject({ executionProviders: ["webgpu"] });
  });

  it("reuses memory between operators and runs, and plans no block for all of them", () => {
    expect(
      nativeSessionOptions({ folder: undefined, device: "cpu", threads: 1, optimizeFor: "throughput" }),
    ).toMatchObject({
      enableCpuMemArena: true,
      enableMemPattern: false,
    });
  });

  it.each([
    ["throughput", "all"],
    ["startup", "extended"],
  ] as const)("for %s takes the level %s", (optimizeFor, graphOptimizationLevel) => {
    expect(nativeSessionOptions({ folder: undefined, device: "cpu", threads: 1, optimizeFor })).toMatchObject(
      {
        graphOptimizationLevel,
      },
    );
  });
});
