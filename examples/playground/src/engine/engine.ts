import type { CallName, EngineAnswer, EngineCalls, EngineEvent, EngineMessage, Failure } from "./messages.ts";

/** A call that failed, with what the page shows of it. */
export class EngineError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = failure.name;
    this.failure = failure;
  }
}

/** How a call is watched and stopped. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: EngineEvent) => void;
}

interface Waiting {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: EngineEvent) => void) | undefined;
}

/** The page's side of the worker that loads and runs models. */
export class Engine {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** Whether the worker is there. One that has stopped has lost its model. */
  get isAlive(): boolean {
    return this.#worker !== undefined;
  }

  /**
   * Asks the worker for something.
   *
   * @throws EngineError where it fails; the signal's reason where it is cancelled.
   */
  async call<Name extends CallName>(
    name: Name,
    request: EngineCalls[Name]["request"],
    { signal, onEvent }: CallOptions = {},
  ): Promise<EngineCalls[Name]["reply"]> {
    signal?.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const worker = this.#start();
    const cancel = (): void => {
      worker.postMessage({ call: "cancel", id } satisfies EngineMessage);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise<EngineCalls[Name]["reply"]>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject, onEvent });
        worker.postMessage({ call: name, id, request } as EngineMessage);
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#waiting.delete(id);
    }
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./engine-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<EngineAnswer>) => this.#receive(data));
    worker.addEventListener("error", (event) => this.#fail(event.message));
    this.#worker = worker;
    return worker;
  }

  #receive(answer: EngineAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (answer.kind === "event") waiting?.onEvent?.(answer.event);
    else if (answer.kind === "reply") waiting?.resolve(answer.reply as never);
    else waiting?.reject(new EngineError(answer.failure));
  }

  /** The worker is gone, or never came up: the next call starts another. */
  #fail(reason: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const failure: Failure = {
      name: "Error",
      code: undefined,
      message: `The worker that runs the model has stopped${reason ? `: ${reason}` : ""}. Try again, or reload the page.`,
      problem: undefined,
    };
    for (const { reject } of this.#waiting.values()) reject(new EngineError(failure));
  }
}
