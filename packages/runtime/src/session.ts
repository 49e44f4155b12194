import type { Tensor } from "@onestep/core";
import type { Graph } from "@onestep/graph";
import type { Device, InferenceBackend } from "./backend.ts";
import { chooseDevice, planSession, type SessionPlan } from "./options.ts";
import type { StoredWeight } from "./stored-weight.ts";

/**
 * What a session is prepared for.
 *
 * - `"throughput"`: the weights are rearranged for the processor while loading. It takes a second for each gigabyte or
 *   so, and a copy of the weights in the memory of the process.
 * - `"startup"`: the session is ready at once and reads the weights where they lie: their memory is the file cache of
 *   the system, which processes share. A run takes a quarter longer.
 */
export type OptimizationGoal = "throughput" | "startup";

/** A graph, and where each of its weights is stored. */
export interface GraphWithWeights {
  /** Specialised: its values have number formats. Symbols that are left are lengths that a run decides. */
  readonly graph: Graph;
  /** The weights by the names of the graph's parameters. */
  readonly weights: ReadonlyMap<string, StoredWeight>;
}

/** An ONNX model of one's own, complete in itself. */
export interface OnnxModel {
  /** A serialised ModelProto that refers to no other file. */
  readonly onnx: Uint8Array;
}

/** A build of onnxruntime-web: `"jspi"` where the browser can suspend WebAssembly, `"asyncify"` elsewhere. */
export type OnnxruntimeBuild = "jspi" | "asyncify";

/** The browser's `Worker`; never where a program is compiled without the types of the DOM. */
type WebWorker = typeof globalThis extends { Worker: { prototype: infer Type } } ? Type : never;

/** How onnxruntime-web is run, in browsers. */
export interface WebOptions {
  /**
   * Starts the worker that a session runs in, from the script `@onestep/runtime/inference-worker-jspi` or
   * `@onestep/runtime/inference-worker-asyncify`, whichever `build` says. By default it is the script where the bundler
   * has put it, and where the bundler knows nothing of workers, the one that lies beside the bundle under that name.
   */
  readonly startWorker?: ((build: OnnxruntimeBuild) => WebWorker) | undefined;
  /**
   * The URL of a folder with the wasm files of onnxruntime-web, of exactly the version that is bundled. By default they
   * are where the bundler has put them.
   */
  readonly wasmFolder?: string | URL | undefined;
}

/** Options of {@link createInferenceSession}. */
export interface InferenceSessionOptions {
  /** `"auto"` (default) takes the best device that is there. */
  readonly device?: Device | "auto" | undefined;
  /** Threads within an operator; by default the number of physical cores the process may use. */
  readonly threads?: number | undefined;
  /** `"throughput"` (default) for many runs, `"startup"` for one or two. */
  readonly optimizeFor?: OptimizationGoal | undefined;
  /** For browsers. */
  readonly web?: WebOptions | undefined;
  /**
   * What runs the session. By default the platform's: onnxruntime-node in Node, onnxruntime-web in browsers. Pass one of
   * your own to run graphs elsewhere, or to test a program without onnxruntime.
   */
  readonly backend?: InferenceBackend | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A graph that is ready to run. Calls on one session queue and run in the order they were made. */
export interface InferenceSession {
  readonly device: Device;
  /**
   * Runs the graph. Inputs are copied; outputs belong to the caller.
   *
   * An abort rejects at once with the signal's reason; a run that has begun ends on its own in the background
   * before the next one starts.
   */
  run(
    inputs: Readonly<Record<string, Tensor>>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Record<string, Tensor>>;
  /** Frees the memory. Calls that wait are rejected with {@link DisposedError}. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * Makes a graph ready to run, its weights read from the files that they are stored in.
 *
 * @throws GraphError where the graph is not specialised, or a weight is missing or does not fit.
 * @throws InvalidArgumentError where an option is wrong.
 * @throws UnsupportedError where the device is not available here.
 * @throws WeightsFileError where a file is missing, is not a regular file, or is shorter than the graph says.
 * @throws InvalidGraphError where onnxruntime does not accept the graph.
 * @throws OutOfMemoryError where the weights do not fit into memory.
 * @throws MissingRuntimeError where onnxruntime-node is not installed, or does not load on this machine.
 */
export async function createInferenceSession(
  model: GraphWithWeights | OnnxModel,
  options: InferenceSessionOptions = {},
): Promise<InferenceSession> {
  const plan = await planSession(options);
  return startSession(model, plan, chooseDevice(plan).device);
}

/** Starts a session as it was planned, on a device of the plan; nothing is probed again. See {@link createInferenceSession}. */
export async function startSession(
  model: GraphWithWeights | OnnxModel,
  { backend, options }: SessionPlan,
  device: Device,
): Promise<InferenceSession> {
  options.signal?.throwIfAborted();
  return backend.start(model, { ...options, device });
}
