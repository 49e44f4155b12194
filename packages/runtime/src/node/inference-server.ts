import type { DataType, TensorDataByType } from "@onestep/core";
import type { InferenceSession, OnnxValue } from "onnxruntime-node";
import type { ExitGuard } from "./exit-guard.ts";
import { createSessionOptions } from "./session-options.ts";
import type {
  LoadRequest,
  SessionDescription,
  ValueDescription,
  WireTensor,
  WorkerFailure,
  WorkerReply,
  WorkerRequest,
} from "./worker-messages.ts";

type Runtime = typeof import("onnxruntime-node");

/** Answers the calls of a `WorkerConnection` with onnxruntime, which it loads when it is first needed. */
export class InferenceServer {
  readonly #guard: ExitGuard;
  #runtime: Runtime | undefined;
  #session: InferenceSession | undefined;

  constructor(guard: ExitGuard) {
    this.#guard = guard;
  }

  /** Does what a call asks. A failure is a reply, never thrown. */
  async answer(message: WorkerRequest): Promise<WorkerReply> {
    let stage: WorkerFailure["stage"] = "import";
    try {
      switch (message.call) {
        case "load":
          this.#runtime = await import("onnxruntime-node");
          stage = "create";
          return { call: "load", reply: await this.#load(this.#runtime, message.request) };
        case "run":
          stage = "run";
          return { call: "run", reply: await this.#run(message.request) };
        case "release":
          stage = "release";
          await this.#session?.release();
          return { call: "release", reply: undefined };
      }
    } catch (error) {
      return { call: "failure", failure: describeFailure(stage, error) };
    }
  }

  async #load(runtime: Runtime, request: LoadRequest): Promise<SessionDescription> {
    if (this.#guard.closing) throw new Error("the process is about to exit");
    const session = await runtime.InferenceSession.create(request.graph, createSessionOptions(request));
    this.#session = session;
    return {
      inputs: session.inputMetadata.map(describeValue),
      outputs: session.outputMetadata.map(describeValue),
    };
  }

  async #run(inputs: Readonly<Record<string, WireTensor>>): Promise<Record<string, WireTensor>> {
    const runtime = this.#runtime;
    if (runtime === undefined || this.#session === undefined) throw new Error("run was called before load");
    if (this.#guard.closing) throw new Error("the process is about to exit");
    const feeds: Record<string, OnnxValue> = {};
    for (const [name, { dtype, data, shape }] of Object.entries(inputs)) {
      feeds[name] = new runtime.Tensor(dtype, data, shape);
    }
    const results = await this.#session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        // The caller has checked that the graph declares no output of another type.
        { dtype: type as DataType, shape: dims, data: data as TensorDataByType[DataType] },
      ]),
    );
  }
}

function describeValue(value: InferenceSession.ValueMetadata): ValueDescription {
  return value.isTensor
    ? { name: value.name, dtype: value.type, shape: value.shape }
    : { name: value.name, dtype: "not a tensor", shape: [] };
}

function describeFailure(stage: WorkerFailure["stage"], error: unknown): WorkerFailure {
  if (!(error instanceof Error)) return { stage, message: String(error), code: undefined };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { stage, message: error.message, code };
}
