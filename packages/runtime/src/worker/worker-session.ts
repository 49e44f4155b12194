import { DisposedError, Tensor } from "@onestep/core";
import type { Device, InferenceSession } from "../inference-session.ts";
import { RunQueue } from "../run-queue.ts";
import { checkInputs } from "./check-inputs.ts";
import type { SessionWorker } from "./session-worker.ts";
import { translateFailure } from "./translate-failure.ts";
import type { SessionDescription, WireTensor } from "./worker-calls.ts";

/** A session that lives in a worker. */
export class WorkerSession implements InferenceSession {
  readonly device: Device;
  readonly #worker: SessionWorker<never>;
  readonly #description: SessionDescription;
  readonly #queue: RunQueue = new RunQueue();
  #disposal: Promise<void> | undefined;

  /** @param worker A worker that has answered `load` with `description`. */
  constructor(device: Device, worker: SessionWorker<never>, description: SessionDescription) {
    this.device = device;
    this.#worker = worker;
    this.#description = description;
  }

  async run(
    inputs: Readonly<Record<string, Tensor>>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Record<string, Tensor>> {
    checkInputs(inputs, this.#description.inputs);
    const copies = Object.entries(inputs).map(([name, { dtype, shape, data }]): [string, WireTensor] => [
      name,
      { dtype, shape, data: data.slice() },
    ]);
    return this.#queue.add(() => this.#runInWorker(copies), options.signal);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#queue
      .close(() => new DisposedError("This model was disposed, and runs no more. Load it again."))
      .then(() => this.#worker.end());
    return this.#disposal;
  }

  async #runInWorker(inputs: readonly [string, WireTensor][]): Promise<Record<string, Tensor>> {
    const buffers = inputs.map(([, { data }]) => data.buffer as ArrayBuffer);
    try {
      const outputs = await this.#worker.call("run", Object.fromEntries(inputs), buffers);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { dtype, shape, data }]) => [
          name,
          new Tensor(dtype, data, shape),
        ]),
      );
    } catch (error) {
      throw translateFailure(error, []);
    }
  }
}
