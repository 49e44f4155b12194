import type { CallName, EngineCalls, EngineEvent, Failure, ModelFacts, ModelSource } from "./messages.ts";

/** A failed call, with the details that the page shows. */
export class EngineError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = failure.name;
    this.failure = failure;
  }
}

/** How to observe and cancel a call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: EngineEvent) => void;
}

/** What makes the images: a worker of this page, or the service that serves the page. */
export interface Engine {
  /** Whether images are computed on this device. If not, they are made only on request. */
  readonly isLocal: boolean;

  /** Whether the last model is still loaded. */
  readonly isAlive: boolean;

  /** What is known about a model before it is loaded. */
  factsOf(source: ModelSource): ModelFacts | undefined;

  /**
   * Does what is asked for with the model that was loaded last.
   *
   * @throws EngineError if it fails; the signal's reason if it is cancelled.
   */
  call<Name extends CallName>(
    name: Name,
    request: EngineCalls[Name]["request"],
    options?: CallOptions,
  ): Promise<EngineCalls[Name]["reply"]>;
}
