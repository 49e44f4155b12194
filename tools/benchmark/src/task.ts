/** A task that is run and measured in its own process. */
export interface Task {
  /**
   * - `forward`: passes through the model alone.
   * - `images`: images from the pipeline, one step each.
   * - `event-loop`: passes, while a timer ticks in the caller's thread.
   * - `soak`: images, one after the other, in one process.
   * - `published`: one pass through the model alone, and what comes out.
   */
  readonly kind: "forward" | "images" | "event-loop" | "soak" | "published";
  /** The folder of the pipeline. */
  readonly checkpoint: string;
  /** Images at a time. */
  readonly batchSize: number;
  /** The number of measured calls, after one unmeasured call. */
  readonly repeats: number;
  readonly threads: number;
  /** When the process was started, in milliseconds since 1970. */
  readonly startedAt: number;
}

/** What a process of kind `forward` or `images` reports. */
export interface TimedResult {
  /** From the start of the process until the model could be called. */
  readonly readyMilliseconds: number;
  /** Each call that was measured, in order. */
  readonly callMilliseconds: readonly number[];
  /** The most memory that the process had in use. */
  readonly peakBytes: number;
}

/** What a process of kind `event-loop` reports. */
export interface EventLoopResult {
  /** How long the passes took together. */
  readonly milliseconds: number;
  /** Ticks of a 10 ms timer during that time. */
  readonly ticks: number;
  /** Ticks of the same timer in the same time when idle. */
  readonly undisturbedTicks: number;
}

/** What a process of kind `soak` reports. */
export interface SoakResult {
  /** Memory in use after each call. */
  readonly residentBytes: readonly number[];
}

/** What a process of kind `published` reports. */
export interface PublishedResult {
  readonly parameters: number;
  /** From the start of the process until the model could be called. */
  readonly readyMilliseconds: number;
  readonly forwardMilliseconds: number;
  readonly peakBytes: number;
  /** Of what the model predicts. */
  readonly shape: readonly number[];
  /** The root mean square of the prediction; null if any value is not finite. */
  readonly magnitude: number | null;
}
