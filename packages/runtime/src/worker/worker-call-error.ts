import type { WorkerFailure } from "./worker-calls.ts";

/** A worker reported that a call failed. Callers of the package get the error that it is translated to. */
export class WorkerCallError extends Error {
  readonly failure: WorkerFailure;

  constructor(failure: WorkerFailure) {
    super(failure.message);
    this.name = "WorkerCallError";
    this.failure = failure;
  }
}
