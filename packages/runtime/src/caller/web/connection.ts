import { warn } from "@onestep/core/internal";
import { DeviceLostError, MissingRuntimeError } from "../../errors.ts";
import type {
  WebLoadRequest,
  WorkerCallName,
  WorkerCalls,
  WorkerNotice,
  WorkerReply,
  WorkerRequest,
} from "../../protocol.ts";
import { type Connection, WorkerConnection, workerExit } from "../connection.ts";

/** A Web Worker that answers calls, one at a time, until something fails outside of a call. */
export class WebConnection extends WorkerConnection<WebLoadRequest> {
  readonly #worker: Worker;
  #hasAnswered = false;

  /** @param worker A worker just started from `inference-worker-jspi.ts` or `inference-worker-asyncify.ts`. */
  constructor(worker: Worker) {
    super();
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WorkerReply | WorkerNotice>) => {
      this.#hasAnswered = true;
      if (data.call === "notice") this.fail(deviceLost(data.message));
      else this.reply(data);
    };
    worker.onmessageerror = () => this.fail(workerExit("a message from it that cannot be read"));
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(
        this.#hasAnswered ? workerExit(`an uncaught error in it: ${event.message}`) : noScript(event),
      );
    };
  }

  /** Terminates the worker immediately, which frees its memory, including GPU memory. */
  async end(): Promise<void> {
    this.fail(workerExit("its end"));
  }

  protected override post(message: WorkerRequest<WebLoadRequest>, transfer: readonly Transferable[]): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  /** Terminates the worker, which frees its memory, and rejects pending calls. */
  protected override fail(error: Error): void {
    this.#worker.terminate();
    super.fail(error);
  }
}

/**
 * A worker that is replaced when its GPU is lost: the current call fails, and the next one reloads the model. Browsers
 * revoke a page's GPU when the driver crashes or the machine sleeps, and provide another one later.
 */
export class RecoveringConnection implements Connection<WebLoadRequest> {
  readonly #start: () => Promise<WebConnection>;
  #worker: WebConnection;

  /**
   * @param worker A worker that has loaded the model.
   * @param start Starts a replacement.
   */
  constructor(worker: WebConnection, start: () => Promise<WebConnection>) {
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
      warn("The GPU was lost. The model is loaded again.", "runtime");
      this.#worker = await this.#start();
    }
    return this.#worker.call(call, request, transfer);
  }

  /** @inheritdoc */
  end(): Promise<void> {
    return this.#worker.end();
  }
}

function deviceLost(message: string): DeviceLostError {
  return new DeviceLostError({
    subject: "GPU",
    found: `a device that was lost: ${message}`,
    expected: "a device that lasts until its session is disposed",
    remedy:
      'Call again: the model is reloaded. If it happens again, use a smaller batch, or the device "wasm".',
  });
}

/** A cross-origin isolated page rejects scripts without the two headers, and the event does not say so. */
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
