import { UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { WorkerCallError } from "../worker/worker-call-error.ts";
import type { WorkerCallName, WorkerCalls, WorkerFailure } from "../worker/worker-calls.ts";
import { WebGpuProbe } from "./webgpu-probe.ts";
import type { LoadRequest } from "./worker-messages.ts";

/** A probe whose worker answers with `y`, or fails at a stage. */
function probeOf(answers: { readonly y?: number; readonly failure?: WorkerFailure }): WebGpuProbe {
  const { y = 0, failure } = answers;
  const stages = { load: "create", run: "run", release: "release" } as const;
  const tensor = { dtype: "float32", shape: [1], data: Float32Array.of(y) } as const;
  const replies: { [Name in WorkerCallName]: WorkerCalls<LoadRequest>[Name]["reply"] } = {
    load: { inputs: [], outputs: [] },
    run: { y: tensor },
    release: undefined,
  };
  return new WebGpuProbe(() => ({
    async call(name) {
      if (failure?.stage === stages[name]) throw new WorkerCallError(failure);
      return replies[name];
    },
    end: async () => {},
  }));
}

function failure(stage: WorkerFailure["stage"], message: string): WorkerFailure {
  return { stage, message, code: undefined };
}

describe("WebGpuProbe", () => {
  it("finds float16 where a root of four in it is two", async () => {
    expect(await probeOf({ y: 2 }).findPrecisions()).toEqual(["float32", "float16"]);
  });

  it("finds float32 alone where the GPU refuses float16, or computes something else", async () => {
    const refusal = "Program Cast requires f16 but the device does not support it.";
    expect(await probeOf({ failure: failure("run", refusal) }).findPrecisions()).toEqual(["float32"]);
    expect(await probeOf({ y: 0 }).findPrecisions()).toEqual(["float32"]);
  });

  it("says what to do where there is no GPU", async () => {
    const probing = probeOf({
      failure: failure("create", "Failed to get a WebGPU adapter"),
    }).findPrecisions();
    await expect(probing).rejects.toThrow(UnsupportedError);
    await expect(probing).rejects.toThrow(
      'device: found "webgpu" on a machine where onnxruntime finds no GPU, expected a GPU with a driver for Vulkan ' +
        '(Linux), Metal (macOS) or Direct3D 12 (Windows). Pass the device "cpu", or install the driver: on Debian and ' +
        "Ubuntu, `apt install libvulkan1 mesa-vulkan-drivers`. onnxruntime says: Failed to get a WebGPU adapter",
    );
  });
});
