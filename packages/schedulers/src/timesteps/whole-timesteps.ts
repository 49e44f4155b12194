import { requireTimestepCount } from "../sigmas/timestep-count.ts";
import { requireTrainTimesteps } from "./require-train-timesteps.ts";
import { roundHalfEven } from "./round-half-even.ts";
import { spacedTimesteps } from "./spaced-timesteps.ts";
import type { SpacingConfig } from "./spacing-fields.ts";

/**
 * The timesteps of a run through a model that knows whole ones alone, the highest first.
 *
 * @param subject - The method, for messages.
 * @param numInferenceSteps - How many, 1 to `numTrainTimesteps`.
 * @throws InvalidArgumentError where it is something else, or `stepsOffset` leads past the last timestep.
 */
export function wholeTimesteps(
  subject: string,
  numInferenceSteps: number | undefined,
  config: SpacingConfig & { readonly numTrainTimesteps: number },
): Float64Array {
  const { numTrainTimesteps } = config;
  const count = requireTimestepCount(subject, numInferenceSteps, numTrainTimesteps);
  const timesteps = spacedTimesteps(numTrainTimesteps, count, config).map(roundHalfEven);
  return requireTrainTimesteps(subject, timesteps, config);
}
