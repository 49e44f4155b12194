import type { DataType, TensorDataByType } from "@onestep/core";

/** A tensor on its way between threads: its parts, without the class. */
export interface WireTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TensorDataByType[DataType];
}

/** An input or output as the graph declares it. A dimension of the caller's choice has a name, not a number. */
export interface ValueDescription {
  readonly name: string;
  /** As onnxruntime names it; may be one that {@link DataType} lacks. */
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

/** What is known of a session once it is ready. */
export interface SessionDescription {
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
}

/** What went wrong in the worker, in a form that crosses threads. */
export interface WorkerFailure {
  /** What the worker was doing: importing onnxruntime, making the session, running it, or freeing it. */
  readonly stage: "import" | "create" | "run" | "release";
  readonly message: string;
  /** The `code` of the error, where it had one. */
  readonly code: string | undefined;
}

/** The calls that a worker answers, one at a time and in order. What a session needs to start, the platform says. */
export interface WorkerCalls<LoadRequest> {
  load: { request: LoadRequest; reply: SessionDescription };
  run: { request: Readonly<Record<string, WireTensor>>; reply: Record<string, WireTensor> };
  /** Frees the session. The worker ends after its reply. */
  release: { request: undefined; reply: undefined };
}

/** The name of a call. */
export type WorkerCallName = keyof WorkerCalls<unknown>;

/** What is posted to the worker. */
export type WorkerRequest<LoadRequest> = {
  [Name in WorkerCallName]: {
    readonly call: Name;
    readonly request: WorkerCalls<LoadRequest>[Name]["request"];
  };
}[WorkerCallName];

/** What the worker posts back. */
export type WorkerReply =
  | {
      [Name in WorkerCallName]: { readonly call: Name; readonly reply: WorkerCalls<unknown>[Name]["reply"] };
    }[WorkerCallName]
  | { readonly call: "failure"; readonly failure: WorkerFailure };
