import { isMainThread } from "node:worker_threads";
import { WorkerExitError } from "../errors/worker-exit-error.ts";
import type { SessionWorker } from "../worker/session-worker.ts";
import { WorkerCallError } from "../worker/worker-call-error.ts";
import type { WorkerCallName, WorkerCalls, WorkerReply, WorkerRequest } from "../worker/worker-calls.ts";
import type { LoadRequest } from "./worker-messages.ts";
import type { WorkerPort } from "./worker-port.ts";
import { startProcess } from "./worker-process.ts";
import { startThread } from "./worker-thread.ts";

interface PendingCall {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A worker that answers calls, one at a time: a thread of the main thread, a process of any other.
 *
 * It keeps the process alive while it works on a call, and only then.
 */
export class WorkerConnection implements SessionWorker<LoadRequest> {
  readonly #port: WorkerPort;
  readonly #ended: Promise<void>;
  #pending: PendingCall | undefined;
  #exitError: WorkerExitError | undefined;
  #hasEnded = false;
  #ending = false;

  /**
   * Starts the worker.
   *
   * @throws MissingRuntimeError where Node's permission model forbids it.
   */
  constructor(script: URL, start: typeof startThread = canKeepThreads() ? startThread : startProcess) {
    // onnxruntime-node sends usage data and writes to ~/.cache unless its native library finds this in the process's
    // environment. It is set here because a worker's own `process.env` is a copy that native code does not see.
    process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
    let resolveEnded = (): void => {};
    this.#ended = new Promise((resolve) => {
      resolveEnded = resolve;
    });
    this.#port = start(script, {
      onReply: (reply) => this.#take()?.resolve(reply),
      onFailure: (found, cause) => this.#fail(found, cause),
      onEnd: (found) => {
        this.#hasEnded = true;
        this.#fail(found);
        resolveEnded();
      },
    });
  }

  /** Resolves when the worker has ended, for whatever reason. */
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
      this.#pending = { resolve, reject };
      this.#port.post({ call, request } as WorkerRequest<LoadRequest>, transfer);
      this.#port.ref();
    });
    if (reply.call === "failure") throw new WorkerCallError(reply.failure);
    return reply.reply;
  }

  /**
   * Frees what the worker holds and ends it. Must not be called while a call is under way. Where it has ended already,
   * there is nothing to do.
   *
   * The worker is asked to end, never made to: see `ExitGuard`. What goes wrong in one that is about to end concerns
   * nobody; its memory is free either way.
   */
  async end(): Promise<void> {
    this.#ending = true;
    if (this.#hasEnded) return;
    this.#port.post({ call: "release", request: undefined }, []);
    this.#port.ref();
    await this.#ended;
  }

  #take(): PendingCall | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!this.#ending) this.#port.unref();
    return pending;
  }

  #fail(found: string, cause?: unknown): void {
    this.#exitError ??= new WorkerExitError(
      {
        subject: "inference worker",
        found,
        expected: "a worker that lives until its session is disposed",
        remedy: "Load the model again.",
      },
      { cause },
    );
    this.#take()?.reject(this.#exitError);
  }
}

/** Whether no thread that this one starts can be ended during a call. Bun and Deno let the call return. */
function canKeepThreads(): boolean {
  return isMainThread;
}
