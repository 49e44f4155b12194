import { WorkerExitError } from "../errors.ts";
import type { WorkerCallName, WorkerCalls, WorkerFailure, WorkerReply, WorkerRequest } from "../protocol.ts";

/** The caller's end of a worker that answers calls, one at a time. */
export interface Connection<LoadRequest> {
  /**
   * Posts a call and waits for its reply. The buffers in `transfer` are detached from this thread.
   *
   * @throws WorkerCallError if the worker reports a failure.
   * @throws WorkerExitError if the worker has ended, or ends before it replies.
   */
  call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<LoadRequest>[Name]["request"],
    transfer?: readonly Transferable[],
  ): Promise<WorkerCalls<LoadRequest>[Name]["reply"]>;

  /** Frees the worker's resources and ends it, after the current call if there is one. */
  end(): Promise<void>;
}

/** A worker reported that a call failed. It is translated to a public error for callers of the package. */
export class WorkerCallError extends Error {
  readonly failure: WorkerFailure;

  constructor(failure: WorkerFailure) {
    super(failure.message);
    this.name = "WorkerCallError";
    this.failure = failure;
  }
}

interface PendingCall {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: Error) => void;
}

/** The common base of connections to Node workers and browser workers. */
export abstract class WorkerConnection<LoadRequest> implements Connection<LoadRequest> {
  #pending: PendingCall | undefined;
  #underWay: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;

  /** Why the worker no longer answers; undefined while it does. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @inheritdoc */
  async call<Name extends WorkerCallName>(
    call: Name,
    request: WorkerCalls<LoadRequest>[Name]["request"],
    transfer: readonly Transferable[] = [],
  ): Promise<WorkerCalls<LoadRequest>[Name]["reply"]> {
    if (this.#failure !== undefined) throw this.#failure;
    const replying = new Promise<WorkerReply>((resolve, reject) => {
      this.post({ call, request } as WorkerRequest<LoadRequest>, transfer);
      this.#pending = { resolve, reject };
    });
    this.#underWay = replying.catch(() => {});
    const reply = await replying;
    if (reply.call === "failure") throw new WorkerCallError(reply.failure);
    return reply.reply;
  }

  /** @inheritdoc */
  abstract end(): Promise<void>;

  /** Posts a call to the worker. */
  protected abstract post(message: WorkerRequest<LoadRequest>, transfer: readonly Transferable[]): void;

  /** Called when no call is pending any more, after a reply or a failure. */
  protected idle(): void {}

  /** Resolves when no call is in progress. */
  protected get settled(): Promise<unknown> {
    return this.#underWay;
  }

  /** The worker has replied to the current call. */
  protected reply(reply: WorkerReply): void {
    this.#take()?.resolve(reply);
  }

  /** The worker no longer answers. The current call and all later ones are rejected with the first error. */
  protected fail(error: Error): void {
    this.#failure ??= error;
    this.#take()?.reject(this.#failure);
  }

  #take(): PendingCall | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    this.idle();
    return pending;
  }
}

/** The error for a worker that has ended. */
export function workerExit(found: string, cause?: unknown): WorkerExitError {
  return new WorkerExitError(
    {
      subject: "inference worker",
      found,
      expected: "a worker that lives until its session is disposed",
      remedy: "Load the model again.",
    },
    { cause },
  );
}
