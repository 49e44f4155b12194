import type { SpacingConfig } from "./spacing-fields.ts";
import { leadingTimesteps, linspaceTimesteps, trailingTimesteps } from "./timestep-spacing.ts";

/** `count` timesteps, the highest first, of a model that was trained with `trainCount`. `"linspace"` is not rounded. */
export function spacedTimesteps(trainCount: number, count: number, config: SpacingConfig): Float64Array {
  const { timestepSpacing, stepsOffset } = config;
  if (timestepSpacing === "leading") return leadingTimesteps(trainCount, count, stepsOffset);
  if (timestepSpacing === "trailing") return trailingTimesteps(trainCount, trainCount / count, count);
  return linspaceTimesteps(trainCount - 1, count);
}
