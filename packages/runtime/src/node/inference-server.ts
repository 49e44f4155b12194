import type { InferenceSession } from "onnxruntime-node";
import { describeFailure } from "../worker/describe-failure.ts";
import { describeSession, runSession } from "../worker/onnx-session.ts";
import type {
  SessionDescription,
  WireTensor,
  WorkerFailure,
  WorkerReply,
  WorkerRequest,
} from "../worker/worker-calls.ts";
import type { ExitGuard } from "./exit-guard.ts";
import { createSessionOptions } from "./session-options.ts";
import type { LoadRequest, WasmLoadRequest } from "./worker-messages.ts";

type Runtime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor" | "env">;

/**
 * Answers the calls of a `WorkerConnection` with onnxruntime, which it loads when it is first needed: onnxruntime-node, or
 * onnxruntime-web, whose types are the same.
 */
export class InferenceServer {
  readonly #guard: ExitGuard;
  #runtime: Runtime | undefined;
  #session: InferenceSession | undefined;

  constructor(guard: ExitGuard) {
    this.#guard = guard;
  }

  /** Does what a call asks. A failure is a reply, never thrown. */
  async answer(message: WorkerRequest<LoadRequest>): Promise<WorkerReply> {
    let stage: WorkerFailure["stage"] = "import";
    try {
      switch (message.call) {
        case "load":
          this.#runtime = await (message.request.device === "wasm"
            ? import("onnxruntime-web")
            : import("onnxruntime-node"));
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
    this.#session = await runtime.InferenceSession.create(
      request.graph,
      request.device === "wasm" ? await this.#prepareWasm(runtime, request) : createSessionOptions(request),
    );
    return describeSession(this.#session);
  }

  async #prepareWasm(runtime: Runtime, request: WasmLoadRequest): Promise<InferenceSession.SessionOptions> {
    runtime.env.wasm.numThreads = request.threads;
    const { createWasmSessionOptions } = await import("./wasm-session-options.ts");
    return createWasmSessionOptions(request);
  }

  async #run(inputs: Readonly<Record<string, WireTensor>>): Promise<Record<string, WireTensor>> {
    const runtime = this.#runtime;
    if (runtime === undefined || this.#session === undefined) throw new Error("run was called before load");
    if (this.#guard.closing) throw new Error("the process is about to exit");
    return runSession(this.#session, (dtype, data, shape) => new runtime.Tensor(dtype, data, shape), inputs);
  }
}
