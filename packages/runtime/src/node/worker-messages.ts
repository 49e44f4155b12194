import type { OptimizationGoal } from "../inference-session.ts";

/** What a worker is started with. */
export interface WorkerData {
  /** The flag of the caller's `ExitGuard`. */
  readonly exitFlag: Int32Array;
}

/** What a session needs to start. */
export type LoadRequest = NativeLoadRequest | WasmLoadRequest;

interface CommonLoadRequest {
  readonly graph: Uint8Array;
  /** Threads within an operator; 0 leaves the choice to onnxruntime. */
  readonly threads: number;
  readonly optimizeFor: OptimizationGoal;
}

/** What a session on onnxruntime-node needs to start. */
export interface NativeLoadRequest extends CommonLoadRequest {
  readonly device: "cpu" | "webgpu";
  /** The folder that the locations in the graph start from. Undefined where the graph holds all its weights. */
  readonly folder: string | undefined;
}

/** What a session on onnxruntime-web needs to start. */
export interface WasmLoadRequest extends CommonLoadRequest {
  readonly device: "wasm";
  /** The files by the location that the graph uses: a path, or the bytes. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}
