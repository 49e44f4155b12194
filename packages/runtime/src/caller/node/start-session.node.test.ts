import { mkdir, mkdtemp, realpath, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { type DataType, InvalidArgumentError, Tensor, UnsupportedError } from "@onestep/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  identityGraph,
  linearFile,
  linearGraph,
  linearWeights,
  powerGraph,
} from "../../__fixtures__/graphs.ts";
import type { Device } from "../../backend.ts";
import { InferenceError, InvalidGraphError, WeightsFileError } from "../../errors.ts";
import { planWeightFiles } from "../../onnxruntime/plan-weight-files.ts";
import type { OnnxruntimeModel } from "../../onnxruntime/prepare-model.ts";
import { chooseDevice, planSession } from "../../options.ts";
import type { InferenceSession, InferenceSessionOptions } from "../../session.ts";
import { startNodeSession } from "./start-session.ts";

let folder: string;
let linear: OnnxruntimeModel;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "onestep-runtime-")));
  await writeFile(join(folder, linearFile), linearWeights());
  linear = { graph: linearGraph(), files: new Map([[linearFile, join(folder, linearFile)]]) };
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Starts a session with options as `createInferenceSession` takes them. */
async function start(
  model: OnnxruntimeModel,
  options: InferenceSessionOptions = {},
): Promise<InferenceSession> {
  const plan = await planSession(options);
  const { optimizeFor = "throughput" } = options;
  return startNodeSession(model, { ...plan.options, optimizeFor, device: chooseDevice(plan).device });
}

const ones: Tensor = new Tensor("float32", Float32Array.of(1, 1, 1), [1, 3]);
const linearOfOnes: Float32Array = Float32Array.of(12.5, 14.5, 18.25, 20.75);

/** An [n, n] matrix whose powers stay finite: the identity. */
function identityMatrix(length: number): Tensor {
  const data = new Float32Array(length * length);
  for (let index = 0; index < length; index += 1) data[index * (length + 1)] = 1;
  return new Tensor("float32", data, [length, length]);
}

/** The next worker thread that this process starts. */
function nextWorker(): Promise<Worker> {
  return new Promise((resolve) => process.once("worker", resolve));
}

/** Resolves when a thread has ended. */
function ended(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once("exit", () => resolve()));
}

describe("startNodeSession", () => {
  it("runs a graph whose weights lie unaligned in another file", async () => {
    const session = await start(linear);
    expect(session.device).toBe("cpu");
    const x = new Tensor("float32", Float32Array.of(1, 1, 1, 2, 0, 0), [2, 3]);
    const { y } = await session.run({ x });
    expect(y).toMatchObject({ dtype: "float32", shape: [2, 4] });
    expect(y?.data).toEqual(Float32Array.of(12.5, 14.5, 18.25, 20.75, 0.5, 1.5, 4.25, 5.75));
    expect(x.data).toEqual(Float32Array.of(1, 1, 1, 2, 0, 0));
    expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    await session.dispose();
  });

  it.each([1, 2])(
    "runs on WebAssembly with %d threads, its weights read out of their file",
    async (threads) => {
      const session = await start(linear, { device: "wasm", threads });
      expect(session.device).toBe("wasm");
      expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
      expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
      await session.dispose();
    },
  );

  it.each([
    ["a Blob", () => new Blob([linearWeights()])],
    [
      "a reader",
      () => ({
        size: linearWeights().length,
        read: async (start: number, end: number) => linearWeights().slice(start, end),
      }),
    ],
  ])("runs on WebAssembly with weights that are not on disk: %s", async (_kind, weights) => {
    const model = { graph: linear.graph, files: new Map([[linearFile, weights()]]) };
    const session = await start(model, { device: "wasm", threads: 1 });
    expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    await session.dispose();
  });

  it("says which file is too short for WebAssembly", async () => {
    await truncate(join(folder, linearFile), 20);
    const starting = start(linear, { device: "wasm" });
    await expect(starting).rejects.toThrow(WeightsFileError);
    await expect(starting).rejects.toThrow(linearFile);
  });

  it("runs on a GPU, where the machine has one, and says so where it has none", async () => {
    const outcome = await start(linear, { device: "webgpu" }).catch((error) => error);
    if (UnsupportedError.isInstance(outcome)) {
      expect(outcome.message).toContain('device: found "webgpu" on a machine where onnxruntime finds no GPU');
      return;
    }
    const session: InferenceSession = outcome;
    expect(session.device).toBe("webgpu");
    const { y } = await session.run({ x: ones });
    expect(y?.data).toEqual(linearOfOnes);
    await session.dispose();
  });

  it("reads weights from several files that lie in different folders", async () => {
    await mkdir(join(folder, "a"));
    await mkdir(join(folder, "b"));
    const bytes = linearWeights();
    const paths = [join(folder, "a", "w.bin"), join(folder, "b", "b.bin")] as const;
    await writeFile(paths[0], bytes.subarray(0, 53));
    await writeFile(paths[1], bytes.subarray(53));
    const { locations } = planWeightFiles(paths);
    const [weights, bias] = paths.map((path) => locations.get(path) ?? "") as [string, string];
    const session = await start({
      graph: linearGraph({ location: weights, offset: 5 }, { location: bias, offset: 0 }),
      files: new Map(paths.map((path) => [locations.get(path) ?? "", path])),
    });
    expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    await session.dispose();
  });

  it.each<[DataType, Tensor["data"]]>([
    ["float32", Float32Array.of(1.5, -2)],
    ["float64", Float64Array.of(1.5, -2)],
    ["int32", Int32Array.of(1, -2)],
    ["int64", BigInt64Array.of(1n, -2n)],
    ["uint8", Uint8Array.of(1, 255)],
  ])("carries %s in and out", async (dtype, data) => {
    const session = await start({ graph: identityGraph(dtype), files: new Map() });
    const { y } = await session.run({ x: new Tensor(dtype, data, [2]) });
    expect(y).toMatchObject({ dtype, shape: [2] });
    expect(y?.data).toEqual(data);
    await session.dispose();
  });

  it("leaves the caller's event loop free during a run", async () => {
    const session = await start({ graph: powerGraph(200), files: new Map() }, { threads: 1 });
    let turns = 0;
    let running = true;
    const countTurns = (): void => {
      turns += 1;
      if (running) setImmediate(countTurns);
    };
    const run = session.run({ x: identityMatrix(256) }).finally(() => {
      running = false;
    });
    countTurns();
    await run;
    // Were the graph to run in this thread, there would be none or one.
    expect(turns).toBeGreaterThan(10);
    await session.dispose();
  });

  it("runs calls on two sessions side by side", async () => {
    const [first, second] = await Promise.all([start(linear), start(linear)]);
    const [one, other] = await Promise.all([first.run({ x: ones }), second.run({ x: ones })]);
    expect(one.y?.data).toEqual(linearOfOnes);
    expect(other.y?.data).toEqual(linearOfOnes);
    await first.dispose();
    expect((await second.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    await second.dispose();
  });

  it("keeps the session usable after an abort during a run, and ends the thread on dispose", async () => {
    const starting = nextWorker();
    const session = await start({ graph: powerGraph(50), files: new Map() }, { threads: 1 });
    const thread = await starting;
    const controller = new AbortController();
    const aborted = session.run({ x: identityMatrix(256) }, { signal: controller.signal });
    const next = session.run({ x: identityMatrix(2) });
    controller.abort();
    await expect(aborted).rejects.toHaveProperty("name", "AbortError");
    expect((await next).y?.data).toEqual(Float32Array.of(1, 0, 0, 1));
    const end = ended(thread);
    await session.dispose();
    await end;
  });

  it("ends the thread when the session is aborted while it loads", async () => {
    const controller = new AbortController();
    const starting = nextWorker();
    const creating = start(linear, { signal: controller.signal });
    const thread = await starting;
    const end = ended(thread);
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(creating).rejects.toBe(reason);
    await end;
  });

  it("starts no thread when it is aborted beforehand", async () => {
    const reason = new Error("too late");
    await expect(start(linear, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("takes the number of threads to compute with", async () => {
    const session = await start(linear, { threads: 2 });
    expect((await session.run({ x: ones })).y?.data).toEqual(linearOfOnes);
    await session.dispose();
  });
});

describe("startNodeSession rejects", () => {
  /** Expects a session not to start, with a message, and the thread, where one was started, to have ended. */
  async function expectError(
    model: OnnxruntimeModel,
    errorClass: new (...args: never[]) => Error,
    ...messages: string[]
  ): Promise<void> {
    let liveThreads = 0;
    const onWorker = (worker: Worker): void => {
      liveThreads += 1;
      worker.once("exit", () => {
        liveThreads -= 1;
      });
    };
    process.on("worker", onWorker);
    const creating = start(model);
    await expect(creating).rejects.toThrow(errorClass);
    for (const message of messages) await expect(creating).rejects.toThrow(message);
    process.off("worker", onWorker);
    expect(liveThreads).toBe(0);
  }

  it.each([0, -1, 1.5, Number.NaN])("%d threads", async (threads) => {
    const creating = start(linear, { threads });
    await expect(creating).rejects.toThrow(InvalidArgumentError);
    await expect(creating).rejects.toThrow(
      `threads: found ${threads}, expected a whole number from 1 to 1024.`,
    );
  });

  it("a device that does not exist", async () => {
    const creating = start(linear, { device: "cuda" as Device });
    await expect(creating).rejects.toThrow(InvalidArgumentError);
    await expect(creating).rejects.toThrow(
      'device: found "cuda", expected "auto" or one of "cpu", "webgpu", "wasm".',
    );
  });

  it("locations that are not those of planWeightFiles", async () => {
    const path = join(folder, linearFile);
    await expectError(
      { graph: linear.graph, files: new Map([["other.bin", path]]) },
      InvalidArgumentError,
      `files, the location of ${path}: found "other.bin", expected "weights.bin".`,
    );
  });

  it("a file that is missing", async () => {
    await rm(join(folder, linearFile));
    await expectError(linear, WeightsFileError, `${join(folder, linearFile)}: found no such file`);
  });

  it("a file that is too short", async () => {
    await truncate(join(folder, linearFile), 60);
    await expectError(
      linear,
      WeightsFileError,
      `${join(folder, linearFile)}: found a file that ends before the weight "b"`,
      "Download the checkpoint again.",
    );
  });

  it("a graph that names a file it was not given", async () => {
    await rename(join(folder, linearFile), join(folder, "other.bin"));
    await expectError(
      { graph: linear.graph, files: new Map([["other.bin", join(folder, "other.bin")]]) },
      WeightsFileError,
      `${join(folder, "other.bin")}: found a file that onnxruntime does not read`,
      "does not exist",
    );
  });

  it("a graph that names a file outside of the folder", async () => {
    const graph = linearGraph({ location: "../weights.bin", offset: 5 });
    await expectError({ ...linear, graph }, WeightsFileError, "escapes");
  });

  it("bytes that are not a graph", async () => {
    const files = new Map<string, string>();
    await expectError({ graph: Uint8Array.of(1, 2, 3), files }, InvalidGraphError, "protobuf parsing failed");
    await expectError({ graph: new Uint8Array(), files }, InvalidGraphError, "onnxruntime does not accept");
  });

  it("a graph with an output that no Tensor can hold", async () => {
    await expectError(
      { graph: identityGraph("bool"), files: new Map() },
      InvalidGraphError,
      'output "y": found bool, expected one of float32',
    );
  });
});

describe("a run rejects", () => {
  let session: InferenceSession;

  beforeEach(async () => {
    session = await start({ graph: powerGraph(2), files: new Map() });
  });

  afterEach(async () => {
    await session.dispose();
  });

  it("inputs that the graph does not declare", async () => {
    const running = session.run({ z: ones });
    await expect(running).rejects.toThrow(InvalidArgumentError);
    await expect(running).rejects.toThrow("inputs: found [z], expected [x].");
  });

  it("what onnxruntime cannot compute, and stays usable", async () => {
    const running = session.run({ x: new Tensor("float32", new Float32Array(6), [2, 3]) });
    await expect(running).rejects.toThrow(InferenceError);
    await expect(running).rejects.toThrow("The model failed while it ran. onnxruntime says:");
    expect((await session.run({ x: identityMatrix(2) })).y?.data).toEqual(Float32Array.of(1, 0, 0, 1));
  });
});
