import { isMainThread } from "node:worker_threads";
import type { NodeLoadRequest, WorkerRequest } from "../../protocol.ts";
import { WorkerConnection, workerExit } from "../connection.ts";
import { startProcess, startThread, type WorkerPort } from "./start-worker.ts";

/**
 * A worker that answers calls, one at a time: a thread if started from the main thread, otherwise a process. Another
 * thread may be terminated at any time, which ends its threads in the middle of a call and the process with them.
 *
 * It keeps the process alive only while it works on a call.
 */
export class NodeConnection extends WorkerConnection<NodeLoadRequest> {
  readonly #port: WorkerPort;
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #ending = false;

  /**
   * Starts the worker.
   *
   * @throws MissingRuntimeError if Node's permission model forbids it.
   */
  constructor(script: URL, start: typeof startThread = isMainThread ? startThread : startProcess) {
    super();
    // onnxruntime-node sends usage data and writes to ~/.cache unless its native library finds this in the process's
    // environment. It is set here because a worker's own `process.env` is a copy that native code does not see.
    process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
    let resolveEnded = (): void => {};
    this.#ended = new Promise((resolve) => {
      resolveEnded = resolve;
    });
    this.#port = start(script, {
      onReply: (reply) => this.reply(reply),
      onFailure: (found, cause) => this.fail(workerExit(found, cause)),
      onEnd: (found) => {
        this.#hasEnded = true;
        this.fail(workerExit(found));
        resolveEnded();
      },
    });
  }

  /** Resolves when the worker has ended, for any reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * Frees the worker's resources and ends it after the current call. Does nothing if it has already ended.
   *
   * The worker is asked to end, never terminated: see `ExitGuard`. Failures in a worker about to end are ignored; its
   * memory is freed either way.
   */
  async end(): Promise<void> {
    this.#ending = true;
    await this.settled;
    if (this.#hasEnded) return;
    this.post({ call: "release", request: undefined }, []);
    await this.#ended;
  }

  protected override post(message: WorkerRequest<NodeLoadRequest>, transfer: readonly ArrayBuffer[]): void {
    this.#port.post(message, transfer);
    this.#port.ref();
  }

  protected override idle(): void {
    if (!this.#ending) this.#port.unref();
  }
}
