import {
  leadingTimesteps,
  linspaceTimesteps,
  type TimestepSpacing,
  trailingTimesteps,
} from "./timestep-spacing.ts";

/** What the timesteps of a run follow from. */
export interface SpacingConfig {
  /** How many timesteps the model was trained with. */
  readonly numTrainTimesteps: number;
  readonly timestepSpacing: TimestepSpacing;
  /** Added to each timestep where the spacing is `"leading"`. */
  readonly stepsOffset: number;
}

/** `count` timesteps, the highest first. Those of `"linspace"` are not rounded. */
export function spacedTimesteps(count: number, config: SpacingConfig): Float64Array {
  const { numTrainTimesteps, timestepSpacing, stepsOffset } = config;
  if (timestepSpacing === "leading") return leadingTimesteps(numTrainTimesteps, count, stepsOffset);
  if (timestepSpacing === "trailing") {
    return trailingTimesteps(numTrainTimesteps, numTrainTimesteps / count, count);
  }
  return linspaceTimesteps(numTrainTimesteps - 1, count);
}
