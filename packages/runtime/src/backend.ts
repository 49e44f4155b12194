import type {
  GraphWithWeights,
  InferenceSession,
  InferenceSessionOptions,
  OnnxModel,
  OptimizationGoal,
} from "./session.ts";

/** Where a session runs. `"auto"` is resolved before a session is created. */
export type Device = "cpu" | "webgpu" | "wasm";

/** A precision that a device can compute in without losing accuracy. */
export type Precision = "float32" | "float16";

/** A device of a backend, and its capabilities. */
export interface AvailableDevice {
  readonly device: Device;
  /** Supported precisions: float32 everywhere, float16 on GPUs that have it (WebGPU's `shader-f16`). */
  readonly precisions: readonly Precision[];
  /** Maximum size of a single array in bytes; undefined if limited only by memory. */
  readonly largestArray?: number | undefined;
}

/**
 * Runs sessions: lists its devices and starts sessions on them. The default is onnxruntime, in Node and in browsers;
 * pass another one as the option `backend` of {@link createInferenceSession}.
 */
export interface InferenceBackend {
  /**
   * The available devices, best first: `"auto"` takes the first that can hold the weights.
   *
   * @param requested The requested device, so that the backend does not probe others.
   */
  findDevices(requested: Device | "auto" | undefined): Promise<readonly AvailableDevice[]>;

  /** The memory of the machine, or of its container, for a device, in bytes; undefined if it is not known. */
  memory?(device: Device): number | undefined;

  /** How many processor cores a session may use, if that is known. */
  cores?(): number | undefined;

  /**
   * Starts a session.
   *
   * @param options Validated options; the device is one of `findDevices`.
   */
  start(model: GraphWithWeights | OnnxModel, options: StartOptions): Promise<InferenceSession>;
}

/** Validated session options, with `"auto"` resolved to a device. */
export interface StartOptions extends Pick<InferenceSessionOptions, "web"> {
  readonly device: Device;
  /** Undefined lets the backend choose. */
  readonly threads: number | undefined;
  readonly optimizeFor: OptimizationGoal;
  readonly signal: AbortSignal | undefined;
}
