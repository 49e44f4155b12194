import { requireTimestepCount } from "../sigmas/timestep-count.ts";
import { requireTrainTimesteps } from "./require-train-timesteps.ts";
import { roundHalfEven } from "./round-half-even.ts";
import type { SpacingConfig } from "./spacing-fields.ts";
import { leadingTimesteps, linspaceTimesteps, trailingTimesteps } from "./timestep-spacing.ts";

/**
 * The timesteps of a run of an ODE solver, whole numbers, the highest first: one more is spread over those of training
 * than are asked for, and the last left out, since the run ends there.
 *
 * @param subject - The method, for messages.
 * @param numInferenceSteps - How many: 1 to `numTrainTimesteps` with the spacing `"trailing"`, to one less otherwise,
 * so that none stands twice.
 * @param usedCount - How many timesteps of training are used, from the first on; with fewer than all of them `"trailing"`
 * gives fewer timesteps than are asked for.
 * @throws InvalidArgumentError where it is something else, or `stepsOffset` leads past the last timestep.
 */
export function solverTimesteps(
  subject: string,
  numInferenceSteps: number | undefined,
  config: SpacingConfig & { readonly numTrainTimesteps: number },
  usedCount: number = config.numTrainTimesteps,
): Float64Array {
  const { numTrainTimesteps, timestepSpacing, stepsOffset } = config;
  const maximum = timestepSpacing === "trailing" ? numTrainTimesteps : Math.max(usedCount - 1, 1);
  const count = requireTimestepCount(subject, numInferenceSteps, maximum);
  const gap = numTrainTimesteps / count;
  const spaced = {
    linspace: () => linspaceTimesteps(usedCount - 1, count + 1).slice(0, -1),
    leading: () => leadingTimesteps(usedCount, count + 1, stepsOffset).slice(0, -1),
    trailing: () => trailingTimesteps(usedCount, gap, Math.min(count, Math.ceil(usedCount / gap))),
  };
  return requireTrainTimesteps(subject, spaced[timestepSpacing]().map(roundHalfEven), config);
}
