import type { WorkerReply, WorkerRequest } from "../worker/worker-calls.ts";
import type { LoadRequest } from "./worker-messages.ts";

/** A thread or a process that answers calls, one at a time, seen from the thread that started it. */
export interface WorkerPort {
  /** Posts a call. The buffers in `transfer` may be gone from this thread afterwards. */
  post(message: WorkerRequest<LoadRequest>, transfer: readonly ArrayBuffer[]): void;
  /** From now on it keeps the process alive. It does not when it was just started. */
  ref(): void;
  /** From now on it does not keep the process alive. */
  unref(): void;
}

/** What a {@link WorkerPort} tells the one who started it. */
export interface WorkerPortListener {
  onReply(reply: WorkerReply): void;
  /** It failed outside of a call, and ends. `found` says what happened. */
  onFailure(found: string, cause: unknown): void;
  /** It has ended. `found` says how. */
  onEnd(found: string): void;
}
