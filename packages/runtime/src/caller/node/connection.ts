import { isMainThread } from "node:worker_threads";
import type { NodeLoadRequest, WorkerRequest } from "../../protocol.ts";
import { WorkerConnection, workerExit } from "../connection.ts";
import { startProcess, startThread, type WorkerPort } from "./start-worker.ts";

/**
 * A worker that answers calls, one at a time: a thread of the main thread, a process of any other.
 *
 * It keeps the process alive while it works on a call, and only then.
 */
export class NodeConnection extends WorkerConnection<NodeLoadRequest> {
  readonly #port: WorkerPort;
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #ending = false;

  /**
   * Starts the worker.
   *
   * @throws MissingRuntimeError where Node's permission model forbids it.
   */
  constructor(script: URL, start: typeof startThread = canKeepThreads() ? startThread : startProcess) {
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

  /** Resolves when the worker has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * Frees what the worker holds and ends it, after the call under way. Where it has ended already, there is nothing to do.
   *
   * The worker is asked to end, never made to: see `ExitGuard`. What goes wrong in one that is about to end concerns
   * nobody; its memory is free either way.
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

/** Whether no thread that this one starts can be ended during a call. Bun and Deno let the call return. */
function canKeepThreads(): boolean {
  return isMainThread;
}
