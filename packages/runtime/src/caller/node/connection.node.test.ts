import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WorkerDirector } from "../../__fixtures__/worker-director.ts";
import { WorkerExitError } from "../../errors.ts";
import type { SessionDescription } from "../../protocol.ts";
import { WorkerCallError } from "../connection.ts";
import { NodeConnection } from "./connection.ts";

let director: WorkerDirector;
let worker: NodeConnection;

beforeEach(() => {
  director = new WorkerDirector();
  worker = new NodeConnection(WorkerDirector.script);
});

afterEach(async () => {
  await worker.end();
  director.close();
});

function load(): Promise<SessionDescription> {
  return worker.call("load", {
    graph: director.graph,
    folder: "/models",
    device: "cpu",
    threads: 3,
    optimizeFor: "throughput",
  });
}

describe("NodeConnection", () => {
  it("posts a call and gives its reply", async () => {
    const loading = load();
    await director.received(1);
    expect(director.calls).toMatchObject([{ call: "load", request: { folder: "/models", threads: 3 } }]);
    director.ready();
    expect(await loading).toMatchObject({ inputs: [{ name: "x" }], outputs: [{ name: "y" }] });
  });

  it("takes the buffers that are transferred", async () => {
    const loading = load();
    await director.received(1);
    director.ready();
    await loading;
    const data = Float32Array.of(1, 2);
    const running = worker.call("run", { x: { dtype: "float32", shape: [2], data } }, [data.buffer]);
    expect(data.length).toBe(0);
    await director.received(2);
    expect(director.inputs).toEqual([[1, 2]]);
    director.output(3);
    expect(await running).toEqual({ y: { dtype: "float32", shape: [1], data: Float32Array.of(3) } });
  });

  it("throws the failure that the worker reports, and stays usable", async () => {
    const failing = load();
    await director.received(1);
    director.failure({ stage: "create", message: "no such graph", code: undefined });
    await expect(failing).rejects.toThrow(WorkerCallError);
    await expect(failing).rejects.toMatchObject({ failure: { stage: "create", message: "no such graph" } });
    director.close();
    director = new WorkerDirector();
    const loading = load();
    await director.received(1);
    director.ready();
    await loading;
  });

  it("rejects the call under way, and every later one, when the thread exits", async () => {
    const loading = load();
    await director.received(1);
    director.exit(3);
    await expect(loading).rejects.toThrow(WorkerExitError);
    await expect(loading).rejects.toThrow("inference worker: found its end, with exit code 3, expected");
    await expect(load()).rejects.toThrow("its end, with exit code 3");
    await worker.ended;
  });

  it("rejects the call under way when the thread throws, with the error as cause", async () => {
    const loading = load();
    await director.received(1);
    director.throw("out of luck");
    await expect(loading).rejects.toThrow("inference worker: found an uncaught error in it: out of luck");
    await expect(loading).rejects.toHaveProperty("cause.message", "out of luck");
    await worker.ended;
  });

  it("rejects a call to a script that does not start", async () => {
    const broken = new NodeConnection(new URL("./no-such-worker.mjs", import.meta.url));
    const loading = broken.call("load", {
      graph: director.graph,
      folder: undefined,
      device: "cpu",
      threads: 1,
      optimizeFor: "throughput",
    });
    await expect(loading).rejects.toThrow(WorkerExitError);
    await broken.end();
  });

  it("ends the worker, also when it has ended already", async () => {
    await worker.end();
    await worker.ended;
    await worker.end();
    await expect(load()).rejects.toThrow("its end, with exit code 0");
  });
});
