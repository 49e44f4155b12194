import type {
  GraphWithWeights,
  InferenceSession,
  InferenceSessionOptions,
  OptimizationGoal,
} from "./session.ts";

/** Where a session runs. What was asked for as `"auto"` is resolved before a session exists. */
export type Device = "cpu" | "webgpu" | "wasm";

/** What a device can compute in, without losing numbers on the way. */
export type Precision = "float32" | "float16";

/**
 * What runs sessions: the devices it has, what they compute in, and a way to start a session on one. By default it is
 * onnxruntime, in Node and in browsers; the option `backend` of {@link createInferenceSession} takes another one.
 */
export interface InferenceBackend {
  /**
   * The devices that are available, best first: `"auto"` takes the first.
   *
   * @param requested The device that the caller asked for, so that the backend probes no other in vain.
   * @param largestWeight Bytes that a device has to hold in one piece.
   */
  findDevices(requested: Device | "auto" | undefined, largestWeight: number): Promise<readonly Device[]>;

  /** @param device One of `findDevices`. */
  findPrecisions(device: Device): Promise<readonly Precision[]>;

  /**
   * Starts a session.
   *
   * @param options Checked options: the device is one of `findDevices`.
   */
  start(model: GraphWithWeights, options: StartOptions): Promise<InferenceSession>;
}

/** The options of a session, checked, with the device that `"auto"` stands for. */
export interface StartOptions extends Pick<InferenceSessionOptions, "web"> {
  readonly device: Device;
  /** Undefined leaves the number to the backend. */
  readonly threads: number | undefined;
  readonly optimizeFor: OptimizationGoal;
  readonly signal: AbortSignal | undefined;
}
