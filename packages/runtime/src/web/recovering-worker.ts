import { warn } from "@onestep/core";
import { DeviceLostError } from "../errors/device-lost-error.ts";
import type { SessionWorker } from "../worker/session-worker.ts";
import type { WorkerCallName, WorkerCalls } from "../worker/worker-calls.ts";
import type { WebLoadRequest } from "./web-load-request.ts";
import type { WebWorkerConnection } from "./web-worker-connection.ts";

/**
 * A worker that is replaced when its GPU was lost: the call under way fails, and the next one loads the model anew. A
 * browser takes a GPU away from a page when its driver crashes or the machine sleeps, and gives it another one later.
 */
export class RecoveringWorker implements SessionWorker<WebLoadRequest> {
  readonly #start: () => Promise<WebWorkerConnection>;
  #worker: WebWorkerConnection;

  /**
   * @param worker A worker that has loaded the model.
   * @param start Gives another one.
   */
  constructor(worker: WebWorkerConnection, start: () => Promise<WebWorkerConnection>) {
    this.#worker = worker;
    this.#start = start;
  }

  /** @inheritdoc */
  async call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<WebLoadRequest>[Name]["request"],
    transfer: readonly Transferable[] = [],
  ): Promise<WorkerCalls<WebLoadRequest>[Name]["reply"]> {
    if (this.#worker.failure instanceof DeviceLostError) {
      warn("The GPU was lost. The model is loaded again.");
      this.#worker = await this.#start();
    }
    return this.#worker.call(call, request, transfer);
  }

  /** @inheritdoc */
  end(): Promise<void> {
    return this.#worker.end();
  }
}
