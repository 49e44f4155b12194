import { InvalidArgumentError } from "@onestep/core";
import type { SequenceRule } from "../sigmas/require-sequence.ts";

/** The rule for timesteps that a caller passed, of a model that was trained with `trainCount` of them. */
export function trainTimestepRule(trainCount: number): SequenceRule {
  return {
    expected: `whole numbers from 0 to ${trainCount - 1}, each once, the highest first`,
    accepts: (value, previous = trainCount) => Number.isInteger(value) && value >= 0 && value < previous,
  };
}

/**
 * Checks timesteps that were spread over those of training: an offset may have led past the last.
 *
 * @param subject - The method, for the message.
 * @throws InvalidArgumentError where one is not a timestep of training.
 */
export function requireTrainTimesteps(
  subject: string,
  timesteps: Float64Array,
  config: { readonly numTrainTimesteps: number; readonly stepsOffset: number },
): Float64Array {
  const { numTrainTimesteps, stepsOffset } = config;
  const wrong = timesteps.find((timestep) => timestep < 0 || timestep >= numTrainTimesteps);
  if (wrong === undefined) return timesteps;
  throw new InvalidArgumentError({
    subject,
    found: `timestep ${wrong}, with a stepsOffset of ${stepsOffset} and ${timesteps.length} steps`,
    expected: `timesteps from 0 to ${numTrainTimesteps - 1}`,
    remedy: "Take fewer steps, or make the scheduler with another `stepsOffset` or `timestepSpacing`.",
  });
}

/** The rule for timesteps that may lie between those of training. */
export function fractionalTimestepRule(trainCount: number): SequenceRule {
  return {
    expected: `numbers from 0 to ${trainCount - 1}, each once, the highest first`,
    accepts: (value, previous = trainCount) => value >= 0 && value <= trainCount - 1 && value < previous,
  };
}
