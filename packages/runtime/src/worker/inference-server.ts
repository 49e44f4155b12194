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

/** onnxruntime, as far as onnxruntime-node and onnxruntime-web are the same. */
export type Onnxruntime = Pick<typeof import("onnxruntime-web"), "InferenceSession" | "Tensor">;

/** A platform's way to onnxruntime. */
export interface Engine<Runtime extends Onnxruntime, LoadRequest> {
  /** Gives onnxruntime, when a session first needs it. */
  importRuntime(request: LoadRequest): Promise<Runtime>;
  createSession(runtime: Runtime, request: LoadRequest): Promise<InferenceSession>;
  /** @throws Error where no long work should begin any more. */
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

  /** Does what a call asks. A failure is a reply, never thrown. */
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

/** The buffers of a reply, which need not be copied on their way to the caller. */
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

/** What an error says, in a form that crosses threads. */
function describeFailure(stage: WorkerFailure["stage"], error: unknown): WorkerFailure {
  // Told by its fields: what a native library throws may be of another realm.
  const { message, code } = Object(error) as { readonly message?: unknown; readonly code?: unknown };
  return {
    stage,
    message: typeof message === "string" ? message : String(error),
    code: typeof code === "string" ? code : undefined,
  };
}
