import type { DataType, TensorDataByType } from "@onestep/core";
import type { InferenceSession } from "onnxruntime-web";
import type {
  SessionDescription,
  ValueDescription,
  WireTensor,
  WorkerFailure,
  WorkerReply,
  WorkerRequest,
} from "../protocol.ts";

/** The common API of onnxruntime-node and onnxruntime-web. */
export type Onnxruntime = Pick<typeof import("onnxruntime-web"), "InferenceSession" | "Tensor">;

/** A platform's access to onnxruntime. */
export interface Engine<Runtime extends Onnxruntime, LoadRequest> {
  /** Loads onnxruntime when a session first needs it. */
  importRuntime(request: LoadRequest): Promise<Runtime>;
  createSession(runtime: Runtime, request: LoadRequest): Promise<InferenceSession>;
  /** @throws Error if no more long work should begin. */
  checkOpen?(): void;
}

/** Answers the calls of a connection with onnxruntime. */
export class InferenceServer<Runtime extends Onnxruntime, LoadRequest> {
  readonly #engine: Engine<Runtime, LoadRequest>;
  #runtime: Runtime | undefined;
  #session: InferenceSession | undefined;

  constructor(engine: Engine<Runtime, LoadRequest>) {
    this.#engine = engine;
  }

  /** Performs a call. Failures are replied, never thrown. */
  async answer(message: WorkerRequest<LoadRequest>): Promise<WorkerReply> {
    let stage: WorkerFailure["stage"] = "import";
    try {
      switch (message.call) {
        case "load":
          this.#runtime = await this.#engine.importRuntime(message.request);
          stage = "create";
          this.#engine.checkOpen?.();
          this.#session = await this.#engine.createSession(this.#runtime, message.request);
          return { call: "load", reply: describeSession(this.#session) };
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

  async #run(inputs: Readonly<Record<string, WireTensor>>): Promise<Record<string, WireTensor>> {
    const runtime = this.#runtime;
    if (runtime === undefined || this.#session === undefined) throw new Error("run was called before load");
    this.#engine.checkOpen?.();
    const feeds = Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
      name,
      new runtime.Tensor(dtype, data, shape),
    ]);
    const results = await this.#session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        // The caller has checked that the graph declares no output of another type.
        { dtype: type as DataType, shape: dims, data: data as TensorDataByType[DataType] },
      ]),
    );
  }
}

/** The buffers of a reply, transferred to the caller without copying. */
export function buffersOf(reply: WorkerReply): ArrayBuffer[] {
  return reply.call === "run" ? Object.values(reply.reply).map(({ data }) => data.buffer as ArrayBuffer) : [];
}

function describeSession({ inputMetadata, outputMetadata }: InferenceSession): SessionDescription {
  return { inputs: inputMetadata.map(describeValue), outputs: outputMetadata.map(describeValue) };
}

function describeValue(value: InferenceSession.ValueMetadata): ValueDescription {
  return value.isTensor
    ? { name: value.name, dtype: value.type, shape: value.shape }
    : { name: value.name, dtype: "not a tensor", shape: [] };
}

/** An error in a form that can be posted between threads. */
function describeFailure(stage: WorkerFailure["stage"], error: unknown): WorkerFailure {
  // Detected by its fields: errors of a native library may be from another realm.
  const { message, code } = Object(error) as { readonly message?: unknown; readonly code?: unknown };
  return {
    stage,
    message: typeof message === "string" ? message : String(error),
    code: typeof code === "string" ? code : undefined,
  };
}
