import type {
  Device,
  GraphWithWeights,
  InferenceSession,
  OptimizationGoal,
  Precision,
  WebOptions,
} from "./inference-session.ts";

/** What a platform offers: the devices it has, best first, what they compute in, and a way to start a session on one. */
export interface InferenceBackend {
  /**
   * @param requested What the caller asked for, so that no device is looked for in vain.
   * @param largestWeight Bytes that a device has to hold in one piece.
   */
  findDevices(requested: Device | "auto" | undefined, largestWeight: number): Promise<readonly Device[]>;
  /** @param device One of `findDevices`. */
  findPrecisions(device: Device): Promise<readonly Precision[]>;
  start(model: GraphWithWeights, options: StartOptions): Promise<InferenceSession>;
}

/** The options of a session after they were checked and the device was chosen. */
export interface StartOptions {
  readonly device: Device;
  readonly threads: number | undefined;
  readonly optimizeFor: OptimizationGoal;
  readonly web?: WebOptions | undefined;
  readonly signal: AbortSignal | undefined;
}
