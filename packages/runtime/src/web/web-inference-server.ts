import type { InferenceSession } from "onnxruntime-web";
import { describeFailure } from "../worker/describe-failure.ts";
import { describeSession, runSession } from "../worker/onnx-session.ts";
import type {
  SessionDescription,
  WireTensor,
  WorkerFailure,
  WorkerReply,
  WorkerRequest,
} from "../worker/worker-calls.ts";
import { configureOnnxruntime, type Onnxruntime } from "./configure-onnxruntime.ts";
import { provideWeights } from "./provide-weights.ts";
import type { WebLoadRequest, WorkerNotice } from "./web-load-request.ts";
import { webSessionOptions } from "./web-session-options.ts";

/** Answers the calls of a session with onnxruntime-web. */
export class WebInferenceServer {
  readonly #runtime: Onnxruntime;
  readonly #notify: (notice: WorkerNotice) => void;
  #session: InferenceSession | undefined;

  /** @param notify Told what nobody asked for. */
  constructor(runtime: Onnxruntime, notify: (notice: WorkerNotice) => void) {
    this.#runtime = runtime;
    this.#notify = notify;
  }

  /** Does what a call asks. A failure is a reply, never thrown. */
  async answer(message: WorkerRequest<WebLoadRequest>): Promise<WorkerReply> {
    let stage: WorkerFailure["stage"] = "create";
    try {
      switch (message.call) {
        case "load":
          return { call: "load", reply: await this.#load(message.request) };
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

  async #load(request: WebLoadRequest): Promise<SessionDescription> {
    const runtime = this.#runtime;
    configureOnnxruntime(runtime, request);
    const externalData = await provideWeights(request.files, request.build);
    this.#session = await runtime.InferenceSession.create(
      request.graph,
      webSessionOptions(request, externalData),
    );
    if (request.device === "webgpu") void this.#watchDevice();
    return describeSession(this.#session);
  }

  async #run(inputs: Readonly<Record<string, WireTensor>>): Promise<Record<string, WireTensor>> {
    const runtime = this.#runtime;
    if (this.#session === undefined) throw new Error("run was called before load");
    return runSession(this.#session, (dtype, data, shape) => new runtime.Tensor(dtype, data, shape), inputs);
  }

  async #watchDevice(): Promise<void> {
    const { reason, message } = await (await this.#runtime.env.webgpu.device).lost;
    this.#notify({ call: "notice", notice: "device-lost", message: `${message} (${reason})` });
  }
}
