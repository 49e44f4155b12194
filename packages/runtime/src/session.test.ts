import { Tensor, UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import type { InferenceBackend, StartOptions } from "./backend.ts";
import { checkSessionOptions, findPrecisions } from "./options.ts";
import { createInferenceSession, type GraphWithWeights } from "./session.ts";

interface FakeBackend extends InferenceBackend {
  readonly asked: unknown[];
  readonly started: { readonly model: GraphWithWeights; readonly options: StartOptions }[];
}

/** A backend with two devices whose sessions return their inputs. */
function fakeBackend(): FakeBackend {
  const asked: unknown[] = [];
  const started: FakeBackend["started"] = [];
  return {
    asked,
    started,
    async findDevices(requested, largestWeight) {
      asked.push([requested, largestWeight]);
      return ["webgpu", "cpu"];
    },
    findPrecisions: async (device) => (device === "webgpu" ? ["float32", "float16"] : ["float32"]),
    async start(model, options) {
      started.push({ model, options });
      return { device: options.device, run: async (inputs) => ({ ...inputs }), dispose: async () => {} };
    },
  };
}

const model: GraphWithWeights = {
  graph: Uint8Array.of(1, 2, 3),
  files: new Map([["weights.bin", new Blob()]]),
};

describe("the option backend", () => {
  it("runs the session, with checked options and the best of its devices", async () => {
    const backend = fakeBackend();
    const { signal } = new AbortController();
    const session = await createInferenceSession(model, { backend, threads: 2, signal });
    expect(backend.started).toEqual([
      {
        model,
        options: { device: "webgpu", threads: 2, optimizeFor: "throughput", web: undefined, signal },
      },
    ]);
    expect(session.device).toBe("webgpu");
    const x = new Tensor("float32", Float32Array.of(1, 2), [2]);
    expect(await session.run({ x })).toEqual({ x });
  });

  it("has the device that is asked for, or is said not to", async () => {
    const backend = fakeBackend();
    expect((await createInferenceSession(model, { backend, device: "cpu" })).device).toBe("cpu");
    const creating = createInferenceSession(model, { backend, device: "wasm" });
    await expect(creating).rejects.toThrow(UnsupportedError);
    await expect(creating).rejects.toThrow(
      'device: found "wasm", expected a device that is available here: "webgpu", "cpu".',
    );
    expect(backend.started).toHaveLength(1);
  });

  it("starts nothing after an abort", async () => {
    const backend = fakeBackend();
    const reason = new Error("too late");
    const creating = createInferenceSession(model, { backend, signal: AbortSignal.abort(reason) });
    await expect(creating).rejects.toBe(reason);
    expect(backend.started).toEqual([]);
  });

  it("is asked for its devices and precisions before there is a session", async () => {
    const backend = fakeBackend();
    expect(await checkSessionOptions({ backend, device: "auto" }, 1000)).toMatchObject({ device: "webgpu" });
    expect(backend.asked).toEqual([["auto", 1000]]);
    expect(await findPrecisions("webgpu", { backend })).toEqual(["float32", "float16"]);
    expect(await findPrecisions("cpu", { backend })).toEqual(["float32"]);
  });
});
