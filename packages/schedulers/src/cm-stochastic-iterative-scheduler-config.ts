import {
  finiteField,
  narrowedField,
  nonZeroField,
  positiveField,
  timestepCountField,
} from "./config/narrowed-field.ts";
import type { ConfigFieldsOf, ConfigOptions } from "./config/scheduler-config.ts";
import { truthField } from "./config/truth-field.ts";

/** The configuration of a `CMStochasticIterativeScheduler`. */
export interface CMStochasticIterativeSchedulerConfig {
  /** Size of the grid of noise levels that the model was trained on, 1 to 1,000,000; 40 by default. */
  readonly numTrainTimesteps: number;
  /** The lowest noise level, at least 0, also ε of the boundary condition; 0.002 by default. */
  readonly sigmaMin: number;
  /** The highest noise level, above 0, also that of the first sample; 80 by default. */
  readonly sigmaMax: number;
  /** Standard deviation of the data, above 0; 0.5 by default. */
  readonly sigmaData: number;
  /** What the noise of the steps, but not that of the first sample, is multiplied with; 1 by default. */
  readonly sNoise: number;
  /** Curvature of the grid, not 0; 7 by default. */
  readonly rho: number;
  /** Whether the prediction of the clean sample is clamped to [−1, 1]; true by default. */
  readonly clipDenoised: boolean;
}

/** What the constructor of a `CMStochasticIterativeScheduler` takes. */
export type CMStochasticIterativeSchedulerOptions = ConfigOptions<CMStochasticIterativeSchedulerConfig>;

/** The fields of {@link CMStochasticIterativeSchedulerConfig}, with the defaults of diffusers. */
export function cmStochasticIterativeFields(): ConfigFieldsOf<CMStochasticIterativeSchedulerConfig> {
  return {
    numTrainTimesteps: timestepCountField(40),
    sigmaMin: narrowedField(finiteField(0.002), "a number, at least 0", (value) => value >= 0),
    sigmaMax: positiveField(80),
    sigmaData: positiveField(0.5),
    sNoise: finiteField(1),
    rho: nonZeroField(7),
    clipDenoised: truthField(true),
  };
}
