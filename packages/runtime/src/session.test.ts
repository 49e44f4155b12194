import { Tensor, UnsupportedError } from "@onestep/core";
import { defineGraph, specialise } from "@onestep/graph";
import { describe, expect, it } from "vitest";
import type { InferenceBackend, StartOptions } from "./backend.ts";
import { chooseDevice, findDevices, planSession } from "./options.ts";
import { createInferenceSession, type GraphWithWeights, type OnnxModel, startSession } from "./session.ts";

interface FakeBackend extends InferenceBackend {
  readonly asked: unknown[];
  readonly started: { readonly model: GraphWithWeights | OnnxModel; readonly options: StartOptions }[];
}

/** A backend with two devices whose sessions return their inputs. */
function fakeBackend(): FakeBackend {
  const asked: unknown[] = [];
  const started: FakeBackend["started"] = [];
  return {
    asked,
    started,
    async findDevices(requested) {
      asked.push(requested);
      return [
        { device: "webgpu", precisions: ["float32", "float16"] },
        { device: "cpu", precisions: ["float32"] },
      ];
    },
    async start(model, options) {
      started.push({ model, options });
      return { device: options.device, run: async (inputs) => ({ ...inputs }), dispose: async () => {} };
    },
  };
}

const model: GraphWithWeights = {
  graph: specialise(
    defineGraph((scope) => ({ y: scope.input("x", "float32", ["n"]) })),
    { dtype: "float32" },
  ),
  weights: new Map(),
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

  it.each([
    ["cpu", 2_999_999_999, undefined, "throughput"],
    ["cpu", 3_000_000_000, undefined, "startup"],
    ["cpu", 3_000_000_000, "throughput", "throughput"],
    ["webgpu", 3_000_000_000, undefined, "throughput"],
    ["cpu", 4, "startup", "startup"],
  ] as const)(
    "on %s with %i bytes of weights and the goal %s, is optimised for %s",
    async (device, length, given, goal) => {
      const backend = fakeBackend();
      const file = { path: "weights", size: length, read: async () => new Uint8Array() };
      const weight = { dtype: "float32", shape: [length / 4], file, offset: 0, length } as const;
      const weights = new Map([["w", weight]]);
      await createInferenceSession({ ...model, weights }, { backend, device, optimizeFor: given });
      expect(backend.started[0]?.options.optimizeFor).toBe(goal);
    },
  );

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

  it("is asked for its devices once, for all that is decided and started", async () => {
    const backend = fakeBackend();
    const plan = await planSession({ backend, device: "auto" });
    expect(chooseDevice(plan)).toEqual({ device: "webgpu", precisions: ["float32", "float16"] });
    expect((await startSession(model, plan, "cpu")).device).toBe("cpu");
    expect(backend.asked).toEqual(["auto"]);
    expect(await findDevices("cpu", { backend })).toEqual([{ device: "cpu", precisions: ["float32"] }]);
  });
});
