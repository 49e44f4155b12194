import type { WorkerCallName, WorkerCalls } from "./worker-calls.ts";

/** The caller's end of a worker that answers calls, one at a time. */
export interface SessionWorker<LoadRequest> {
  /**
   * Posts a call and waits for its reply. The buffers in `transfer` are gone from this thread afterwards.
   *
   * @throws WorkerCallError where the worker reports a failure.
   */
  call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<LoadRequest>[Name]["request"],
    transfer?: readonly Transferable[],
  ): Promise<WorkerCalls<LoadRequest>[Name]["reply"]>;

  /** Frees what the worker holds and ends it. Must not be called while a call is under way. */
  end(): Promise<void>;
}
