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

  /** @param worker A worker that was just started from `inference-worker-jspi.ts` or `inference-worker-asyncify.ts`. */
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

  /** Ends the worker at once, whatever it does: its memory, and that of the GPU, is free then. */
  async end(): Promise<void> {
    this.fail(workerExit("its end"));
  }

  protected override post(message: WorkerRequest<WebLoadRequest>, transfer: readonly Transferable[]): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  /** Ends the worker, so that its memory is free, and rejects what waits for it. */
  protected override fail(error: Error): void {
    this.#worker.terminate();
    super.fail(error);
  }
}

/**
 * A worker that is replaced when its GPU was lost: the call under way fails, and the next one loads the model again. A
 * browser takes a GPU away from a page when its driver crashes or the machine sleeps, and gives it another one later.
 */
export class RecoveringConnection implements Connection<WebLoadRequest> {
  readonly #start: () => Promise<WebConnection>;
  #worker: WebConnection;

  /**
   * @param worker A worker that has loaded the model.
   * @param start Gives another one.
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
