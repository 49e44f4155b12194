import type {
  GraphWithWeights,
  InferenceSession,
  InferenceSessionOptions,
  OnnxModel,
  OptimizationGoal,
} from "./session.ts";

/** Where a session runs. What was asked for as `"auto"` is resolved before a session exists. */
export type Device = "cpu" | "webgpu" | "wasm";

/** What a device can compute in, without losing numbers on the way. */
export type Precision = "float32" | "float16";

/** A device that a backend has, and what it can do. */
export interface AvailableDevice {
  readonly device: Device;
  /** What it computes in: float32 on all, float16 on a GPU that has it (`shader-f16` of WebGPU). */
  readonly precisions: readonly Precision[];
  /** Bytes of the largest array that it holds in one piece; undefined where only the memory is a limit. */
  readonly largestArray?: number | undefined;
}

/**
 * What runs sessions: the devices it has, and a way to start a session on one. By default it is onnxruntime, in Node and in
 * browsers; the option `backend` of {@link createInferenceSession} takes another one.
 */
export interface InferenceBackend {
  /**
   * The devices that are available, best first: `"auto"` takes the first that holds the weights.
   *
   * @param requested The device that the caller asked for, so that the backend probes no other in vain.
   */
  findDevices(requested: Device | "auto" | undefined): Promise<readonly AvailableDevice[]>;

  /**
   * Starts a session.
   *
   * @param options Checked options: the device is one of `findDevices`.
   */
  start(model: GraphWithWeights | OnnxModel, options: StartOptions): Promise<InferenceSession>;
}

/** The options of a session, checked, with the device that `"auto"` stands for. */
export interface StartOptions extends Pick<InferenceSessionOptions, "web"> {
  readonly device: Device;
  /** Undefined leaves the number to the backend. */
  readonly threads: number | undefined;
  readonly optimizeFor: OptimizationGoal;
  readonly signal: AbortSignal | undefined;
}
