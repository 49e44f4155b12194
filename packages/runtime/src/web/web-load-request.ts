import type { OnnxruntimeBuild, OptimizationGoal } from "../inference-session.ts";

/** A file that stays with the caller, who is asked for its bytes over a port. */
export interface RemoteFile {
  readonly size: number;
  readonly port: MessagePort;
}

/** What a session in a browser needs to start. */
export interface WebLoadRequest {
  readonly graph: Uint8Array;
  /** The files by the location that the graph uses. */
  readonly files: ReadonlyMap<string, Blob | RemoteFile>;
  readonly device: "wasm" | "webgpu";
  readonly build: OnnxruntimeBuild;
  /** The folder of onnxruntime-web's wasm files, with a slash at its end; undefined where the bundler knows. */
  readonly wasmFolder: string | undefined;
  readonly threads: number;
  readonly optimizeFor: OptimizationGoal;
}

/** What the worker posts without being asked: it can do no more. */
export interface WorkerNotice {
  readonly call: "notice";
  readonly notice: "device-lost";
  readonly message: string;
}
