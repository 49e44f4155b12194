import { enumField, InvalidArgumentError, integerField } from "@onestep/core";
import { requireTimestepCount, type SequenceRule } from "./checks.ts";
import type { ConfigFieldsOf } from "./config/schema.ts";

/** Timestep spacing: which training timesteps a run uses. Lin et al. 2023 (arXiv:2305.08891), table 2. */
export type TimestepSpacing = "linspace" | "leading" | "trailing";

/** Every {@link TimestepSpacing}. */
export const timestepSpacings: readonly TimestepSpacing[] = ["linspace", "leading", "trailing"];

/**
 * `count` numbers evenly spaced from `last` down to 0, both included: `np.linspace(0, last, count)` reversed. A single
 * number is 0.
 */
export function linspaceTimesteps(last: number, count: number): Float64Array {
  const gap = count === 1 ? 0 : last / (count - 1);
  return Float64Array.from({ length: count }, (_, index) =>
    index === 0 && count > 1 ? last : (count - 1 - index) * gap,
  );
}

/** `count` multiples of ⌊`trainCount` / `count`⌋ down to 0, with `offset` added to each. */
export function leadingTimesteps(trainCount: number, count: number, offset: number): Float64Array {
  const ratio = Math.floor(trainCount / count);
  return Float64Array.from({ length: count }, (_, index) => (count - 1 - index) * ratio + offset);
}

/**
 * `count` whole numbers from `last` − 1 down, `ratio` apart: the last timestep of each part of the training schedule.
 *
 * For some counts (61 of 1000), diffusers returns one more, −1, because its division rounds up.
 */
export function trailingTimesteps(last: number, ratio: number, count: number): Float64Array {
  // `np.arange` adds multiples of what remains of the ratio after an initial subtraction.
  const gap = last - ratio - last;
  return Float64Array.from({ length: count }, (_, index) => roundHalfEven(last + index * gap) - 1);
}

/** The config fields that determine which training timesteps a run uses. */
export interface SpacingConfig {
  /** Which training timesteps a run uses. */
  readonly timestepSpacing: TimestepSpacing;
  /** Offset added to each timestep if the spacing is `"leading"`; 0 by default. */
  readonly stepsOffset: number;
}

/** The fields of {@link SpacingConfig}. */
export function spacingFields(defaultSpacing: TimestepSpacing): ConfigFieldsOf<SpacingConfig> {
  return {
    timestepSpacing: enumField(timestepSpacings, defaultSpacing),
    stepsOffset: integerField(0),
  };
}

/** All training timesteps, highest first. */
export function allTimesteps(trainCount: number): Float64Array {
  return Float64Array.from({ length: trainCount }, (_, index) => trainCount - 1 - index);
}

/** `count` timesteps, highest first, of a model trained with `trainCount`. Not rounded for `"linspace"`. */
export function spacedTimesteps(trainCount: number, count: number, config: SpacingConfig): Float64Array {
  const { timestepSpacing, stepsOffset } = config;
  if (timestepSpacing === "leading") return leadingTimesteps(trainCount, count, stepsOffset);
  if (timestepSpacing === "trailing") return trailingTimesteps(trainCount, trainCount / count, count);
  return linspaceTimesteps(trainCount - 1, count);
}

/**
 * The timesteps of a run for a model that takes whole numbers, highest first.
 *
 * @param subject - The method, for error messages.
 * @param numInferenceSteps - The number of steps, 1 to `numTrainTimesteps`.
 * @throws InvalidArgumentError if it is out of range, or `stepsOffset` leads past the last timestep.
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

/**
 * The timesteps of an ODE solver's run, whole numbers, highest first. One more than requested is computed and the last
 * one dropped, since the run ends there.
 *
 * @param subject - The method, for error messages.
 * @param numInferenceSteps - The number of steps: 1 to `numTrainTimesteps` for the spacing `"trailing"`, otherwise one
 * less, so that no timestep occurs twice.
 * @param usedCount - The number of training timesteps used, counted from the first. If fewer than all are used,
 * `"trailing"` returns fewer timesteps than requested.
 * @throws InvalidArgumentError if it is out of range, or `stepsOffset` leads past the last timestep.
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

/** The rule for timesteps passed by the caller, for a model trained with `trainCount` timesteps. */
export function trainTimestepRule(trainCount: number): SequenceRule {
  return {
    expected: `whole numbers from 0 to ${trainCount - 1}, strictly descending`,
    accepts: (value, previous = trainCount) => Number.isInteger(value) && value >= 0 && value < previous,
  };
}

/**
 * Checks spaced timesteps, since an offset may lead past the last training timestep.
 *
 * @param subject - The method, for the error message.
 * @throws InvalidArgumentError if one is not a training timestep.
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

/** The rule for timesteps that may fall between training timesteps. */
export function fractionalTimestepRule(trainCount: number): SequenceRule {
  return {
    expected: `numbers from 0 to ${trainCount - 1}, strictly descending`,
    accepts: (value, previous = trainCount) => value >= 0 && value <= trainCount - 1 && value < previous,
  };
}

/** Rounds to the nearest whole number; ties go to the even one, as in NumPy and Python. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
