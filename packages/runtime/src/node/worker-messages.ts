import type { OptimizationGoal } from "../inference-session.ts";

/** What a worker is started with. */
export interface WorkerData {
  /** The flag of the caller's `ExitGuard`. */
  readonly exitFlag: Int32Array;
}

/** What a session needs to start. */
export interface LoadRequest {
  readonly graph: Uint8Array;
  /** The folder that the locations in the graph start from. Undefined where the graph holds all its weights. */
  readonly folder: string | undefined;
  readonly device: "cpu" | "webgpu";
  /** Threads within an operator; 0 leaves the choice to onnxruntime. */
  readonly threads: number;
  readonly optimizeFor: OptimizationGoal;
}
