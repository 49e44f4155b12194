import { UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { NodeLoadRequest, WorkerCallName, WorkerCalls, WorkerFailure } from "../../protocol.ts";
import { type Connection, WorkerCallError } from "../connection.ts";
import { GpuConnection, WebGpuProbe } from "./gpu.ts";

/** A worker that says when a call on it begins and ends, and fails where `fails` says so. */
function loggingWorker(name: string, log: string[], fails = false): Connection<NodeLoadRequest> {
  const work = async (what: string): Promise<void> => {
    log.push(`${name} ${what} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ${what} ends`);
    if (fails) throw new Error("out of luck");
  };
  return {
    async call(call) {
      await work(call);
      return undefined as never;
    },
    end: () => work("end"),
  };
}

describe("GpuConnection", () => {
  it("begins a call when those of all other workers have ended, also where one fails", async () => {
    const log: string[] = [];
    const first = new GpuConnection(loggingWorker("first", log, true));
    const second = new GpuConnection(loggingWorker("second", log));
    const outcomes = await Promise.allSettled([
      first.call("run", {}),
      second.call("run", {}),
      second.end(),
      first.call("run", {}),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "rejected"]);
    expect(log).toEqual([
      "first run begins",
      "first run ends",
      "second run begins",
      "second run ends",
      "second end begins",
      "second end ends",
      "first run begins",
      "first run ends",
    ]);
  });
});

/** A probe whose worker answers with `y`, or fails at a stage. */
function probeOf(answers: { readonly y?: number; readonly failure?: WorkerFailure }): WebGpuProbe {
  const { y = 0, failure } = answers;
  const stages = { load: "create", run: "run", release: "release" } as const;
  const tensor = { dtype: "float32", shape: [1], data: Float32Array.of(y) } as const;
  const replies: { [Name in WorkerCallName]: WorkerCalls<NodeLoadRequest>[Name]["reply"] } = {
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
    expect(await probeOf({ y: 2.25 }).findPrecisions()).toEqual(["float32", "float16"]);
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
