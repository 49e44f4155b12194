import { DeviceLostError } from "../errors/device-lost-error.ts";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import { WorkerExitError } from "../errors/worker-exit-error.ts";
import type { SessionWorker } from "../worker/session-worker.ts";
import { WorkerCallError } from "../worker/worker-call-error.ts";
import type { WorkerCallName, WorkerCalls, WorkerReply, WorkerRequest } from "../worker/worker-calls.ts";
import type { WebLoadRequest, WorkerNotice } from "./web-load-request.ts";

interface PendingCall {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: Error) => void;
}

/** A Web Worker that answers calls, one at a time, until something fails outside of a call. */
export class WebWorkerConnection implements SessionWorker<WebLoadRequest> {
  readonly #worker: Worker;
  #pending: PendingCall | undefined;
  #failure: Error | undefined;
  #hasAnswered = false;

  /** @param worker A worker that was just started from `inference-worker-jspi.ts` or `inference-worker-asyncify.ts`. */
  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WorkerReply | WorkerNotice>) => {
      this.#hasAnswered = true;
      if (data.call === "notice") this.#fail(deviceLost(data.message));
      else this.#take()?.resolve(data);
    };
    worker.onmessageerror = () => this.#fail(workerExit("a message from it that cannot be read"));
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(
        this.#hasAnswered ? workerExit(`an uncaught error in it: ${event.message}`) : noScript(event),
      );
    };
  }

  /** Why the worker answers no more; undefined while it does. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @inheritdoc */
  async call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<WebLoadRequest>[Name]["request"],
    transfer: readonly Transferable[] = [],
  ): Promise<WorkerCalls<WebLoadRequest>[Name]["reply"]> {
    if (this.#failure !== undefined) throw this.#failure;
    const reply = await new Promise<WorkerReply>((resolve, reject) => {
      this.#worker.postMessage({ call, request } as WorkerRequest<WebLoadRequest>, [...transfer]);
      this.#pending = { resolve, reject };
    });
    if (reply.call === "failure") throw new WorkerCallError(reply.failure);
    return reply.reply;
  }

  /** Ends the worker at once, whatever it does: its memory, and that of the GPU, is free then. */
  async end(): Promise<void> {
    this.#fail(workerExit("its end"));
  }

  #take(): PendingCall | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  /** Ends the worker, so that its memory is free, and rejects what waits for it. */
  #fail(error: Error): void {
    this.#worker.terminate();
    this.#failure ??= error;
    this.#take()?.reject(this.#failure);
  }
}

function workerExit(found: string): WorkerExitError {
  return new WorkerExitError({
    subject: "inference worker",
    found,
    expected: "a worker that lives until its session is disposed",
    remedy: "Load the model again.",
  });
}

function deviceLost(message: string): DeviceLostError {
  return new DeviceLostError({
    subject: "GPU",
    found: `a device that was lost: ${message}`,
    expected: "a device that lasts until its session is disposed",
    remedy:
      'Call again: the model is loaded anew. Where it happens again, use a smaller batch, or the device "wasm".',
  });
}

/** A page with the two headers takes no script without them, and the event says nothing of it. */
const isolatedRemedy =
  "this page is cross-origin isolated, so the script itself must be served with `Cross-Origin-Embedder-Policy` too; ";

function noScript(
  event: ErrorEvent,
  isIsolated: boolean = globalThis.crossOriginIsolated === true,
): MissingRuntimeError {
  return new MissingRuntimeError(
    {
      subject: "inference worker",
      found: event.message ? `an error while it started: ${event.message}` : "a script that does not load",
      expected: "the script of the worker, of @onestep/runtime, with onnxruntime-web in it",
      remedy:
        "Check that the bundler emits the worker, and that the page's Content-Security-Policy lets it run; " +
        `${isIsolated ? isolatedRemedy : ""}the option \`web.startWorker\` starts it from elsewhere.`,
    },
    { cause: event.error },
  );
}
