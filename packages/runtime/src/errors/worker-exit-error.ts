import { InferenceError } from "./inference-error.ts";

/** The thread that ran the session has ended on its own. The session is of no further use. */
export class WorkerExitError extends InferenceError {
  static override readonly code: string = "worker-exit";
}
