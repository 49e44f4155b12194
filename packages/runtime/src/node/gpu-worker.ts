import { RunQueue } from "../run-queue.ts";
import type { SessionWorker } from "../worker/session-worker.ts";
import type { WorkerCallName, WorkerCalls } from "../worker/worker-calls.ts";
import type { LoadRequest } from "./worker-messages.ts";

/**
 * A worker that computes on the GPU, and waits for its turn with each call.
 *
 * All sessions of a process share one GPU device inside of onnxruntime 1.30, which does not expect calls from two threads
 * at once: they fail, or worse.
 */
export class GpuWorker implements SessionWorker<LoadRequest> {
  static readonly #turns: RunQueue = new RunQueue();
  readonly #worker: SessionWorker<LoadRequest>;

  constructor(worker: SessionWorker<LoadRequest>) {
    this.#worker = worker;
  }

  /** @inheritdoc */
  call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<LoadRequest>[Name]["request"],
    transfer?: readonly Transferable[],
  ): Promise<WorkerCalls<LoadRequest>[Name]["reply"]> {
    return GpuWorker.#turns.add(() => this.#worker.call(call, request, transfer));
  }

  /** @inheritdoc */
  end(): Promise<void> {
    return GpuWorker.#turns.add(() => this.#worker.end());
  }
}
