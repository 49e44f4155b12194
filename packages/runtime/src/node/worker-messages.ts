import type { DataType, TensorDataByType } from "@onestep/core";
import type { OptimizationGoal } from "../inference-session.ts";

/** A tensor on its way between threads: its parts, without the class. */
export interface WireTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TensorDataByType[DataType];
}

/** What a worker is started with. */
export interface WorkerData {
  /** The flag of the caller's `ExitGuard`. */
  readonly exitFlag: Int32Array;
}

/** An input or output as the graph declares it. A dimension of the caller's choice has a name, not a number. */
export interface ValueDescription {
  readonly name: string;
  /** As onnxruntime names it; may be one that {@link DataType} lacks. */
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

/** What a session needs to start. */
export interface LoadRequest {
  readonly graph: Uint8Array;
  /** The folder that the locations in the graph start from. Undefined where the graph holds all its weights. */
  readonly folder: string | undefined;
  /** Threads within an operator; 0 leaves the choice to onnxruntime. */
  readonly threads: number;
  readonly optimizeFor: OptimizationGoal;
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

/** The calls that a worker answers, one at a time and in order. */
export interface WorkerCalls {
  load: { request: LoadRequest; reply: SessionDescription };
  run: { request: Readonly<Record<string, WireTensor>>; reply: Record<string, WireTensor> };
  /** Frees the session. The worker ends after its reply. */
  release: { request: undefined; reply: undefined };
}

/** The name of a call. */
export type WorkerCallName = keyof WorkerCalls;

/** What is posted to the worker. */
export type WorkerRequest = {
  [Name in WorkerCallName]: { readonly call: Name; readonly request: WorkerCalls[Name]["request"] };
}[WorkerCallName];

/** What the worker posts back. */
export type WorkerReply =
  | {
      [Name in WorkerCallName]: { readonly call: Name; readonly reply: WorkerCalls[Name]["reply"] };
    }[WorkerCallName]
  | { readonly call: "failure"; readonly failure: WorkerFailure };
