import { Worker } from "node:worker_threads";
import { WorkerExitError } from "../errors/worker-exit-error.ts";
import type { SessionWorker } from "../worker/session-worker.ts";
import { WorkerCallError } from "../worker/worker-call-error.ts";
import type { WorkerCallName, WorkerCalls, WorkerReply, WorkerRequest } from "../worker/worker-calls.ts";
import { ExitGuard } from "./exit-guard.ts";
import type { LoadRequest, WorkerData } from "./worker-messages.ts";

interface PendingCall {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A worker thread that answers calls, one at a time.
 *
 * The thread keeps the process alive while it works on a call, and only then.
 */
export class WorkerConnection implements SessionWorker<LoadRequest> {
  readonly #worker: Worker;
  readonly #guard: ExitGuard = new ExitGuard();
  readonly #ended: Promise<void>;
  #pending: PendingCall | undefined;
  #exitError: WorkerExitError | undefined;
  #ending = false;

  /** Starts the worker. */
  constructor(script: URL) {
    // onnxruntime-node sends usage data and writes to ~/.cache unless its native library finds this in the process's
    // environment. It is set here because a worker's own `process.env` is a copy that native code does not see.
    process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
    const workerData: WorkerData = { exitFlag: this.#guard.flag };
    this.#worker = new Worker(script, { name: "onestep-inference", execArgv: [], workerData });
    this.#worker.unref();
    this.#worker.on("message", (reply: WorkerReply) => this.#take()?.resolve(reply));
    this.#worker.on("error", (error) => this.#fail(`an uncaught error in it: ${describe(error)}`, error));
    this.#worker.on("messageerror", (error) => this.#fail("a message from it that cannot be read", error));
    this.#ended = new Promise((resolve) => {
      this.#worker.once("exit", (exitCode) => {
        this.#fail(`its end, with exit code ${exitCode}`);
        resolve();
      });
    });
  }

  /** Resolves when the thread has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * Posts a call and waits for its reply. The buffers in `transfer` are gone from this thread afterwards.
   *
   * @throws WorkerCallError where the worker reports a failure.
   * @throws WorkerExitError where the worker has ended, or ends before it replies.
   */
  async call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<LoadRequest>[Name]["request"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<WorkerCalls<LoadRequest>[Name]["reply"]> {
    if (this.#exitError !== undefined) throw this.#exitError;
    const reply = await new Promise<WorkerReply>((resolve, reject) => {
      this.#worker.postMessage({ call, request } as WorkerRequest<LoadRequest>, transfer);
      this.#pending = { resolve, reject };
      this.#guard.enter();
      this.#worker.ref();
    });
    if (reply.call === "failure") throw new WorkerCallError(reply.failure);
    return reply.reply;
  }

  /**
   * Frees what the worker holds and ends the thread. Must not be called while a call is under way.
   *
   * The thread is asked to end, never made to: see {@link ExitGuard}. What goes wrong in a thread that is about to
   * end concerns nobody; its memory is free either way.
   */
  async end(): Promise<void> {
    this.#ending = true;
    this.#guard.enter();
    this.#worker.ref();
    this.#worker.postMessage({ call: "release", request: undefined } satisfies WorkerRequest<LoadRequest>);
    await this.#ended;
  }

  #take(): PendingCall | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#guard.forget();
    if (!this.#ending) this.#worker.unref();
    return pending;
  }

  #fail(found: string, cause?: unknown): void {
    this.#exitError ??= new WorkerExitError(
      {
        subject: "inference worker",
        found,
        expected: "a thread that lives until its session is disposed",
        remedy: "Load the model again.",
      },
      { cause },
    );
    this.#take()?.reject(this.#exitError);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
