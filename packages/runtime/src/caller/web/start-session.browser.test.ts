import { DisposedError, InvalidArgumentError, Tensor } from "@onestep/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { linearFile, linearGraph, linearWeights, powerGraph } from "../../__fixtures__/graphs.ts";
import { startWorker } from "../../backend.browser.ts";
import type { StartOptions } from "../../backend.ts";
import {
  DeviceLostError,
  InvalidGraphError,
  MissingRuntimeError,
  WeightsFileError,
  WorkerExitError,
} from "../../errors.ts";
import type { OnnxruntimeModel } from "../../onnxruntime/prepare-model.ts";
import type { InferenceSession, OnnxruntimeBuild } from "../../session.ts";
import { type ObedientWorker, startObedientWorker } from "./__fixtures__/start-obedient-worker.ts";
import { detectWebPlatform } from "./platform.ts";
import { startWebSession } from "./start-session.ts";

const linear: OnnxruntimeModel = {
  graph: linearGraph(),
  files: new Map([[linearFile, new Blob([linearWeights()])]]),
};
const ones: Tensor = new Tensor("float32", Float32Array.of(1, 1, 1), [1, 3]);
const linearOfOnes: Float32Array = Float32Array.of(12.5, 14.5, 18.25, 20.75);

/** Takes a few tenths of a second on one thread. */
const slow: OnnxruntimeModel = { graph: powerGraph(16), files: new Map() };
const slowInput: Tensor = new Tensor("float32", new Float32Array(512 * 512), [512, 512]);

function startOptions(options: Partial<StartOptions> = {}): StartOptions {
  return { device: "wasm", threads: 1, optimizeFor: "throughput", signal: undefined, ...options };
}

async function start(
  model: OnnxruntimeModel,
  options: Partial<StartOptions> = {},
): Promise<InferenceSession> {
  const session = await startWebSession(model, startOptions(options), startWorker);
  onTestFinished(() => session.dispose());
  return session;
}

/** Starts a session whose worker does as it is told. `workers` are all that it has started. */
async function startObedient(
  model: OnnxruntimeModel,
  options: Partial<StartOptions> = {},
): Promise<{ readonly session: InferenceSession; readonly workers: readonly ObedientWorker[] }> {
  const workers: ObedientWorker[] = [];
  const startWorker = (build: OnnxruntimeBuild): Worker => {
    const obedient = startObedientWorker(build);
    workers.push(obedient);
    return obedient.worker;
  };
  return { session: await start(model, { ...options, web: { startWorker } }), workers };
}

/** Resolves when the page has heard of what went wrong in a worker, or of a GPU that was lost. */
function heard(obedient: ObedientWorker | undefined, event: "error" | "message"): Promise<void> {
  return new Promise((resolve) => obedient?.worker.addEventListener(event, () => resolve(), { once: true }));
}

describe("startWebSession", () => {
  const platform = detectWebPlatform();

  it.each([
    ["wasm, one thread", { device: "wasm", threads: 1 }, true],
    ["wasm, two threads", { device: "wasm", threads: 2 }, true],
    ["wasm, one thread, without JSPI", { device: "wasm", threads: 1 }, false],
    ["wasm, two threads, without JSPI", { device: "wasm", threads: 2 }, false],
    ["WebGPU", { device: "webgpu" }, true],
    ["WebGPU without JSPI", { device: "webgpu" }, false],
  ] as const)(
    "runs a graph whose weights lie unaligned in a Blob: %s",
    async (_name, options, canSuspend) => {
      expect(platform).toMatchObject({ canSuspend: true, isCrossOriginIsolated: true });
      const session = await startWebSession(linear, startOptions(options), startWorker, {
        ...platform,
        canSuspend,
      });
      onTestFinished(() => session.dispose());
      expect(session.device).toBe(options.device);
      const x = new Tensor("float32", Float32Array.of(1, 1, 1, 2, 0, 0), [2, 3]);
      const { y } = await session.run({ x });
      expect(y).toMatchObject({ dtype: "float32", shape: [2, 4] });
      expect(y?.data).toEqual(Float32Array.of(12.5, 14.5, 18.25, 20.75, 0.5, 1.5, 4.25, 5.75));
      expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    },
  );

  it("runs two models side by side", async () => {
    const sessions = await Promise.all([start(linear), start(linear), start(linear, { device: "webgpu" })]);
    const runs = sessions.flatMap((session) => [session.run({ x: ones }), session.run({ x: ones })]);
    for (const { y } of await Promise.all(runs)) expect(y?.data).toEqual(linearOfOnes);
  });

  it("abort while loading: rejects at once, and ends the worker", async () => {
    const terminate = vi.spyOn(Worker.prototype, "terminate");
    const controller = new AbortController();
    const loading = startWebSession(linear, startOptions({ signal: controller.signal }), startWorker);
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(loading).rejects.toBe(reason);
    expect(terminate).toHaveBeenCalledTimes(1);
  });

  it("abort while running: rejects at once, and runs what comes next", async () => {
    const session = await start(slow);
    const controller = new AbortController();
    const running = session.run({ x: slowInput }, { signal: controller.signal });
    const waiting = session.run({ x: slowInput }, { signal: controller.signal });
    const next = session.run({ x: new Tensor("float32", Float32Array.of(2), [1, 1]) });
    setTimeout(() => controller.abort(), 20);
    await expect(running).rejects.toHaveProperty("name", "AbortError");
    await expect(waiting).rejects.toHaveProperty("name", "AbortError");
    expect((await next).y?.shape).toEqual([1, 1]);
  });

  it("dispose while running: lets the run end, rejects those that wait, and ends the worker once", async () => {
    const session = await start(slow);
    const terminate = vi.spyOn(Worker.prototype, "terminate");
    const running = session.run({ x: slowInput });
    const waiting = session.run({ x: slowInput });
    const disposals = [session.dispose(), session.dispose()];
    await expect(waiting).rejects.toThrow(DisposedError);
    expect(terminate).not.toHaveBeenCalled();
    expect((await running).y?.shape).toEqual([512, 512]);
    await Promise.all(disposals);
    expect(terminate).toHaveBeenCalledTimes(1);
    await session.dispose();
    await expect(session.run({ x: slowInput })).rejects.toThrow(DisposedError);
    expect(terminate).toHaveBeenCalledTimes(1);
  });

  it.each(["throw", "reject"] as const)(
    "a worker that fails on its own is of no further use: %s",
    async (order) => {
      const { session, workers } = await startObedient(linear);
      expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
      const failed = heard(workers[0], "error");
      workers[0]?.tell(order);
      await failed;
      const run = session.run({ x: ones });
      await expect(run).rejects.toThrow(WorkerExitError);
      await expect(run).rejects.toThrow(
        /inference worker: found an uncaught error in it: .*out of order, expected a worker that lives/,
      );
      await session.dispose();
      await expect(session.run({ x: ones })).rejects.toThrow(DisposedError);
    },
  );

  it("a GPU that is lost while nothing runs: loads the model again, with a warning", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { session, workers } = await startObedient(linear, { device: "webgpu" });
    expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    const lost = heard(workers[0], "message");
    workers[0]?.tell("lose the GPU");
    await lost;
    expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    expect(workers).toHaveLength(2);
    expect(warn.mock.calls).toEqual([["[onestep] The GPU was lost. The model is loaded again."]]);
  });

  it("a GPU that is lost while the model runs: says so, and loads the model again for the next run", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { session, workers } = await startObedient(slow, { device: "webgpu" });
    const x = new Tensor("float32", new Float32Array(96 * 96), [96, 96]);
    const running = session.run({ x });
    const waiting = session.run({ x });
    workers[0]?.tell("lose the GPU");
    await expect(running).rejects.toThrow(DeviceLostError);
    await expect(running).rejects.toThrow("GPU: found a device that was lost: ");
    expect((await waiting).y?.shape).toEqual([96, 96]);
    expect(workers).toHaveLength(2);
  });
});

describe("startWebSession rejects", () => {
  it("a path", async () => {
    const files = new Map([[linearFile, "/models/weights.bin"]]);
    const starting = start({ graph: linearGraph(), files });
    await expect(starting).rejects.toThrow(InvalidArgumentError);
    await expect(starting).rejects.toThrow(
      "found the path /models/weights.bin, expected a Blob, or a reader",
    );
  });

  it("a folder of wasm files that has no URL, or no files", async () => {
    const invalid = start(linear, { web: { wasmFolder: "http://" } });
    await expect(invalid).rejects.toThrow(InvalidArgumentError);
    await expect(invalid).rejects.toThrow('web.wasmFolder: found "http://", expected the URL of a folder.');
    const empty = start(linear, { web: { wasmFolder: "/no-such-folder" } });
    await expect(empty).rejects.toThrow(MissingRuntimeError);
    await expect(empty).rejects.toThrow("ort-wasm-simd-threaded.jspi.wasm: found ");
  });

  it("a worker whose script is not there", async () => {
    const startWorker = (): Worker => new Worker("/no-such-script.js", { type: "module" });
    const starting = start(linear, { web: { startWorker } });
    await expect(starting).rejects.toThrow(MissingRuntimeError);
    await expect(starting).rejects.toThrow("inference worker: found a script that does not load");
  });

  it.each([true, false])("a weights file that is too short, with JSPI: %s", async (canSuspend) => {
    const files = new Map([[linearFile, new Blob([linearWeights().subarray(0, 60)])]]);
    const platform = { ...detectWebPlatform(), canSuspend };
    const starting = startWebSession({ graph: linearGraph(), files }, startOptions(), startWorker, platform);
    await expect(starting).rejects.toThrow(WeightsFileError);
  });

  it("bytes that are no graph", async () => {
    const starting = start({ graph: Uint8Array.of(1, 2, 3), files: new Map() });
    await expect(starting).rejects.toThrow(InvalidGraphError);
  });
});
