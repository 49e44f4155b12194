import type { DataType, TensorDataByType } from "@onestep/core";
import type { Device } from "./backend.ts";
import type { OnnxruntimeBuild, OptimizationGoal } from "./session.ts";

/** The calls that a worker answers, one at a time and in order. What `load` needs depends on the platform. */
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

/** A failure in the worker, in a form that can be posted between threads. */
export interface WorkerFailure {
  /** What the worker was doing: importing onnxruntime, making the session, running it, or freeing it. */
  readonly stage: "import" | "create" | "run" | "release";
  readonly message: string;
  /** The `code` of the error, if it had one. */
  readonly code: string | undefined;
}

/** A tensor posted between threads: its parts, without the class. */
export interface WireTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TensorDataByType[DataType];
}

/** An input or output as declared by the graph. A dimension left to the caller has a name instead of a number. */
export interface ValueDescription {
  readonly name: string;
  /** The name in onnxruntime; {@link DataType} may lack it. */
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

/** The description of a session once it is ready. */
export interface SessionDescription {
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
}

/** What a worker needs to load a model, on every platform. */
interface LoadRequest {
  readonly graph: Uint8Array;
  readonly device: Device;
  /** Threads within an operator; 0 leaves the choice to onnxruntime. */
  readonly threads: number;
  readonly optimizeFor: OptimizationGoal;
}

/** What a worker in Node needs to load a model. */
export type NodeLoadRequest = NativeLoadRequest | WasmLoadRequest;

/** What onnxruntime-node needs. */
export interface NativeLoadRequest extends LoadRequest {
  readonly device: "cpu" | "webgpu";
  /** The folder that locations in the graph are relative to. Undefined if the graph holds all its weights. */
  readonly folder: string | undefined;
}

/** What onnxruntime-web needs in Node. */
export interface WasmLoadRequest extends LoadRequest {
  readonly device: "wasm";
  /** The files by their location in the graph: a path, or the bytes. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** What a worker in a browser needs to load a model. */
export interface WebLoadRequest extends LoadRequest {
  readonly device: "wasm" | "webgpu";
  /** The files by their location in the graph. */
  readonly files: ReadonlyMap<string, Blob | RemoteFile>;
  readonly build: OnnxruntimeBuild;
  /** The folder of onnxruntime-web's wasm files, with a slash at its end; undefined if the bundler resolves them. */
  readonly wasmFolder: string | undefined;
}

/** A file kept by the caller, which sends its bytes over a port. */
export interface RemoteFile {
  readonly size: number;
  /** Takes a {@link ReadRequest}, and answers with a {@link ReadReply} before it takes the next. */
  readonly port: MessagePort;
}

/** A request for bytes of a {@link RemoteFile}: `start` to `end` (exclusive). */
export type ReadRequest = readonly [start: number, end: number];

/** The bytes of a {@link RemoteFile}; undefined if reading failed. */
export interface ReadReply {
  readonly bytes: Uint8Array | undefined;
}

/** Posted by a browser worker on its own: it can no longer work. */
export interface WorkerNotice {
  readonly call: "notice";
  readonly notice: "device-lost";
  readonly message: string;
}

/** The data a Node thread is started with. */
export interface WorkerData {
  /** The flag of the caller's `ExitGuard`. */
  readonly exitFlag: Int32Array;
}
