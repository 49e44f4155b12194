import { type CallOptions, type Engine, EngineError } from "./engine.ts";
import type {
  CallName,
  EngineAnswer,
  EngineCalls,
  EngineEvent,
  EngineMessage,
  Failure,
  ModelFacts,
} from "./messages.ts";

interface Waiting {
  readonly resolve: (reply: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: EngineEvent) => void) | undefined;
}

/** Runs models on this device, in a worker. */
export class WorkerEngine implements Engine {
  readonly isLocal = true;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  get isAlive(): boolean {
    return this.#worker !== undefined;
  }

  factsOf(): ModelFacts | undefined {
    return undefined;
  }

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

  /** Called when the worker has stopped or failed to start: the next call starts a new one. */
  #fail(reason: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const failure: Failure = {
      name: "Error",
      code: undefined,
      param: undefined,
      message: `The worker that runs the model has stopped${reason ? `: ${reason}` : ""}. Try again, or reload the page.`,
      problem: undefined,
    };
    for (const { reject } of this.#waiting.values()) reject(new EngineError(failure));
  }
}
