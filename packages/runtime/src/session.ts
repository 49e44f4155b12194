import type { Tensor } from "@onestep/core";
import type { Graph } from "@onestep/graph";
import type { Device, InferenceBackend } from "./backend.ts";
import { chooseDevice, planSession, type SessionPlan } from "./options.ts";
import type { StoredWeight } from "./stored-weight.ts";

/**
 * What a session is optimised for.
 *
 * - `"throughput"`: the weights are repacked for the CPU while loading. This takes about a second per gigabyte, and a
 *   copy of the weights in process memory.
 * - `"startup"`: the session is ready immediately and maps the weights from their files, in the system's file cache,
 *   which processes share. A run takes up to a quarter longer; of large models at large sizes, a few percent.
 */
export type OptimizationGoal = "throughput" | "startup";

/** A graph and the locations of its weights. */
export interface GraphWithWeights {
  /** Specialised: its values have number formats. Remaining symbols are dimensions decided at run time. */
  readonly graph: Graph;
  /** The weights by the names of the graph's parameters. */
  readonly weights: ReadonlyMap<string, StoredWeight>;
}

/** A custom, self-contained ONNX model. */
export interface OnnxModel {
  /** A serialised ModelProto that refers to no other file. */
  readonly onnx: Uint8Array;
}

/** A build of onnxruntime-web: `"jspi"` if the browser can suspend WebAssembly, otherwise `"asyncify"`. */
export type OnnxruntimeBuild = "jspi" | "asyncify";

/** The browser's `Worker`; `never` if a program is compiled without the DOM types. */
type WebWorker = typeof globalThis extends { Worker: { prototype: infer Type } } ? Type : never;

/** Options for onnxruntime-web in browsers. */
export interface WebOptions {
  /**
   * Starts the worker of a session from the script `@onestep/runtime/inference-worker-jspi` or
   * `@onestep/runtime/inference-worker-asyncify`, depending on `build`. By default the script emitted by the bundler is
   * used or, if the bundler does not support workers, the one of that name next to the bundle.
   */
  readonly startWorker?: ((build: OnnxruntimeBuild) => WebWorker) | undefined;
  /**
   * The URL of a folder with onnxruntime-web's wasm files, of exactly the bundled version. By default, the files
   * emitted by the bundler.
   */
  readonly wasmFolder?: string | URL | undefined;
}

/** Options of {@link createInferenceSession}. */
export interface InferenceSessionOptions {
  /** `"auto"` (default) selects the best available device. */
  readonly device?: Device | "auto" | undefined;
  /** Threads within an operator; by default the number of physical cores the process may use. */
  readonly threads?: number | undefined;
  /**
   * `"throughput"` for many runs, `"startup"` for one or two. By default `"startup"` on the CPU if the weights have 3 GB
   * or more, where a copy of them costs more than it saves, and `"throughput"` otherwise.
   */
  readonly optimizeFor?: OptimizationGoal | undefined;
  /** For browsers. */
  readonly web?: WebOptions | undefined;
  /**
   * The backend that runs the session: by default onnxruntime-node in Node, onnxruntime-web in browsers. Pass your own
   * to run graphs elsewhere, or to test a program without onnxruntime.
   */
  readonly backend?: InferenceBackend | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A graph that is ready to run. Calls on one session are queued and run in order. */
export interface InferenceSession {
  readonly device: Device;
  /**
   * Runs the graph. Inputs are copied; outputs belong to the caller.
   *
   * An abort rejects immediately with the signal's reason; a run in progress finishes in the background before the next
   * one starts.
   */
  run(
    inputs: Readonly<Record<string, Tensor>>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Record<string, Tensor>>;
  /** Frees the memory. Queued calls are rejected with {@link DisposedError}. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * Creates a session that runs a graph, with its weights read directly from the files that store them.
 *
 * @throws GraphError if the graph is not specialised, or a weight is missing or does not fit.
 * @throws InvalidArgumentError if an option is wrong.
 * @throws UnsupportedError if the device is not available here.
 * @throws WeightsFileError if a file is missing, is not a regular file, or is shorter than the graph says.
 * @throws InvalidGraphError if onnxruntime does not accept the graph.
 * @throws OutOfMemoryError if the weights do not fit into memory.
 * @throws MissingRuntimeError if onnxruntime-node is not installed, or does not load on this machine.
 *
 * @example
 * const session = await createInferenceSession({ graph: specialise(graph, { dtype: "float32" }), weights });
 * const { y } = await session.run({ x: new Tensor("float32", new Float32Array(3), [1, 3]) });
 * await session.dispose();
 */
export async function createInferenceSession(
  model: GraphWithWeights | OnnxModel,
  options: InferenceSessionOptions = {},
): Promise<InferenceSession> {
  const plan = await planSession(options);
  return startSession(model, plan, chooseDevice(plan).device);
}

/** Starts a planned session on a device of the plan, without probing again. See {@link createInferenceSession}. */
export async function startSession(
  model: GraphWithWeights | OnnxModel,
  { backend, options }: SessionPlan,
  device: Device,
): Promise<InferenceSession> {
  options.signal?.throwIfAborted();
  const { optimizeFor = defaultGoal(model, device) } = options;
  return backend.start(model, { ...options, optimizeFor, device });
}

/** Stable Diffusion's UNet has 3.4 GB of weights in float32, the largest of a consistency model 2.1 GB. */
const largeWeightsBytes = 3e9;

function defaultGoal(model: GraphWithWeights | OnnxModel, device: Device): OptimizationGoal {
  if (device !== "cpu" || !("weights" in model)) return "throughput";
  const bytes = [...model.weights.values()].reduce((total, { length }) => total + length, 0);
  return bytes >= largeWeightsBytes ? "startup" : "throughput";
}
