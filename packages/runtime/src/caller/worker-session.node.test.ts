import { DisposedError, InvalidArgumentError, Tensor } from "@onestep/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WorkerDirector } from "../__fixtures__/worker-director.ts";
import { InferenceError, WorkerExitError } from "../errors.ts";
import { NodeConnection } from "./node/connection.ts";
import { WorkerSession } from "./worker-session.ts";

let director: WorkerDirector;
let worker: NodeConnection;
let session: WorkerSession;

beforeEach(async () => {
  director = new WorkerDirector();
  worker = new NodeConnection(WorkerDirector.script);
  const loading = worker.call("load", {
    graph: director.graph,
    folder: undefined,
    device: "cpu",
    threads: 1,
    optimizeFor: "throughput",
  });
  await director.received(1);
  director.ready();
  session = new WorkerSession("cpu", worker, await loading);
});

afterEach(async () => {
  await worker.end();
  director.close();
});

function tensor(...values: number[]): Tensor {
  return new Tensor("float32", Float32Array.from(values), [values.length]);
}

/** Runs the session, and gives the values of `y`. */
async function run(values: readonly number[], signal?: AbortSignal): Promise<number[]> {
  const { y } = await session.run({ x: tensor(...values) }, { signal });
  return Array.from(y?.data ?? [], Number);
}

describe("WorkerSession", () => {
  it("copies inputs when it is called, and leaves them with the caller", async () => {
    const data = Float32Array.of(1, 2);
    const first = session.run({ x: new Tensor("float32", data, [2]) });
    const second = session.run({ x: new Tensor("float32", data, [2]) });
    data.fill(9);
    await director.received(2);
    director.output(5);
    await director.received(3);
    director.output(6);
    const { y } = await first;
    await second;
    expect(director.inputs).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(data).toEqual(Float32Array.of(9, 9));
    expect(y).toBeInstanceOf(Tensor);
    expect(y).toMatchObject({ dtype: "float32", shape: [1], data: Float32Array.of(5) });
  });

  it("takes an input whose memory is shared between threads", async () => {
    const data = new Float32Array(new SharedArrayBuffer(8));
    data.set([1, 2]);
    const running = session.run({ x: new Tensor("float32", data, [2]) });
    await director.received(2);
    expect(director.inputs).toEqual([[1, 2]]);
    director.output();
    await running;
  });

  it("runs calls one at a time, in the order they were made", async () => {
    const results = [run([1]), run([2]), run([3])];
    for (const value of [1, 2, 3]) {
      await director.received(value + 1);
      expect(director.inputs).toEqual([[1], [2], [3]].slice(0, value));
      director.output(value * 10);
    }
    expect(await Promise.all(results)).toEqual([[10], [20], [30]]);
  });

  it("rejects inputs that the graph does not declare, and stays usable", async () => {
    const bad = session.run({ sample: tensor(1) });
    await expect(bad).rejects.toThrow(InvalidArgumentError);
    await expect(bad).rejects.toThrow("inputs: found [sample], expected [x].");
    const good = run([1]);
    await director.received(2);
    director.output(2);
    expect(await good).toEqual([2]);
  });

  it("rejects a run that fails, and goes on with the next", async () => {
    const bad = run([1]);
    const good = run([2]);
    await director.received(2);
    director.failure({ stage: "run", message: "index out of range", code: undefined });
    await expect(bad).rejects.toThrow(InferenceError);
    await expect(bad).rejects.toThrow("The model failed while it ran. onnxruntime says: index out of range");
    await director.received(3);
    director.output(20);
    expect(await good).toEqual([20]);
  });

  it("abort: never sends a call that waits", async () => {
    const controller = new AbortController();
    const first = run([1]);
    const aborted = run([2], controller.signal);
    const last = run([3]);
    await director.received(2);
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(run([4], controller.signal)).rejects.toBe(reason);
    director.output(10);
    expect(await first).toEqual([10]);
    await director.received(3);
    director.output(30);
    expect(await last).toEqual([30]);
    expect(director.inputs).toEqual([[1], [3]]);
  });

  it("abort: rejects a running call at once, and lets it end before the next begins", async () => {
    const controller = new AbortController();
    const aborted = run([1], controller.signal);
    const next = run([2]);
    await director.received(2);
    controller.abort();
    await expect(aborted).rejects.toHaveProperty("name", "AbortError");
    expect(director.inputs).toEqual([[1]]);
    director.output(10);
    await director.received(3);
    expect(director.inputs).toEqual([[1], [2]]);
    director.output(20);
    expect(await next).toEqual([20]);
  });

  it("dispose: ends the thread when nothing runs, and only once", async () => {
    const disposals = [session.dispose(), session.dispose()];
    await Promise.all(disposals);
    await worker.ended;
    await session.dispose();
    const late = run([1]);
    await expect(late).rejects.toThrow(DisposedError);
    await expect(late).rejects.toThrow("This model was disposed, and runs no more. Load it again.");
  });

  it("dispose: lets the running call end, and rejects those that wait", async () => {
    const running = run([1]);
    const waiting = run([2]);
    await director.received(2);
    const disposal = session.dispose();
    await expect(waiting).rejects.toThrow(DisposedError);
    await expect(run([3])).rejects.toThrow(DisposedError);
    director.output(10);
    expect(await running).toEqual([10]);
    await disposal;
    await worker.ended;
    expect(director.inputs).toEqual([[1]]);
  });

  it("dispose: waits for a call whose caller has left", async () => {
    const controller = new AbortController();
    const aborted = run([1], controller.signal);
    await director.received(2);
    controller.abort();
    await expect(aborted).rejects.toHaveProperty("name", "AbortError");
    let disposed = false;
    const disposal = session.dispose().then(() => {
      disposed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(disposed).toBe(false);
    director.output(10);
    await disposal;
    await worker.ended;
  });

  it("rejects what runs, what waits and what comes later when the thread dies", async () => {
    const running = run([1]);
    const waiting = run([2]);
    await director.received(2);
    director.exit(5);
    for (const call of [running, waiting]) {
      await expect(call).rejects.toThrow(WorkerExitError);
      await expect(call).rejects.toThrow("inference worker: found its end, with exit code 5");
    }
    await expect(run([3])).rejects.toThrow(WorkerExitError);
    await session.dispose();
    await expect(run([4])).rejects.toThrow(DisposedError);
  });

  it("rejects the next call when the thread dies between calls", async () => {
    director.throw("while idle");
    await worker.ended;
    await expect(run([1])).rejects.toThrow("inference worker: found an uncaught error in it: while idle");
  });
});
