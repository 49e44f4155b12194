import { enumField, InvalidArgumentError, integerField } from "@onestep/core";
import { requireTimestepCount, type SequenceRule } from "./checks.ts";
import type { ConfigFieldsOf } from "./config/schema.ts";

/** Timestep spacing, which timesteps of training a run takes: Lin et al. 2023 (arXiv:2305.08891), table 2. */
export type TimestepSpacing = "linspace" | "leading" | "trailing";

/** Every {@link TimestepSpacing}. */
export const timestepSpacings: readonly TimestepSpacing[] = ["linspace", "leading", "trailing"];

/**
 * `count` numbers evenly spaced from `last` down to 0, as `np.linspace(0, last, count)` backwards: both ends are among
 * them. A single one is 0.
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
 * `count` whole numbers from `last` − 1 down, `ratio` apart: the last of each part of the training's timesteps.
 *
 * diffusers gives one more, −1, for some counts (61 of 1000), where its division rounds up.
 */
export function trailingTimesteps(last: number, ratio: number, count: number): Float64Array {
  // `np.arange` adds multiples of what is left of the ratio after a first subtraction.
  const gap = last - ratio - last;
  return Float64Array.from({ length: count }, (_, index) => roundHalfEven(last + index * gap) - 1);
}

/** The fields of a config that say which timesteps of training a run takes. */
export interface SpacingConfig {
  /** Which timesteps of training a run takes. */
  readonly timestepSpacing: TimestepSpacing;
  /** Added to each timestep where the spacing is `"leading"`; 0 by default. */
  readonly stepsOffset: number;
}

/** The fields of {@link SpacingConfig}. */
export function spacingFields(defaultSpacing: TimestepSpacing): ConfigFieldsOf<SpacingConfig> {
  return {
    timestepSpacing: enumField(timestepSpacings, defaultSpacing),
    stepsOffset: integerField(0),
  };
}

/** All timesteps of training, the highest first. */
export function allTimesteps(trainCount: number): Float64Array {
  return Float64Array.from({ length: trainCount }, (_, index) => trainCount - 1 - index);
}

/** `count` timesteps, the highest first, of a model that was trained with `trainCount`. `"linspace"` is not rounded. */
export function spacedTimesteps(trainCount: number, count: number, config: SpacingConfig): Float64Array {
  const { timestepSpacing, stepsOffset } = config;
  if (timestepSpacing === "leading") return leadingTimesteps(trainCount, count, stepsOffset);
  if (timestepSpacing === "trailing") return trailingTimesteps(trainCount, trainCount / count, count);
  return linspaceTimesteps(trainCount - 1, count);
}

/**
 * The timesteps of a run for a model that is given whole numbers, the highest first.
 *
 * @param subject - The method, for error messages.
 * @param numInferenceSteps - How many, 1 to `numTrainTimesteps`.
 * @throws InvalidArgumentError if it is something else, or `stepsOffset` leads past the last timestep.
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
 * The timesteps of a run of an ODE solver, whole numbers, the highest first: as many as are asked for and one more, of
 * which the last is left out, since the run ends there.
 *
 * @param subject - The method, for error messages.
 * @param numInferenceSteps - How many: 1 to `numTrainTimesteps` with the spacing `"trailing"`, to one less otherwise,
 * so that none occurs twice.
 * @param usedCount - How many timesteps of training are used, from the first on; with fewer than all of them
 * `"trailing"` gives fewer timesteps than are asked for.
 * @throws InvalidArgumentError if it is something else, or `stepsOffset` leads past the last timestep.
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

/** The rule for timesteps that a caller passed, of a model that was trained with `trainCount` of them. */
export function trainTimestepRule(trainCount: number): SequenceRule {
  return {
    expected: `whole numbers from 0 to ${trainCount - 1}, strictly descending`,
    accepts: (value, previous = trainCount) => Number.isInteger(value) && value >= 0 && value < previous,
  };
}

/**
 * Checks timesteps that were spaced over those of training: an offset may have led past the last.
 *
 * @param subject - The method, for the error message.
 * @throws InvalidArgumentError if one is not a timestep of training.
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
    expected: `numbers from 0 to ${trainCount - 1}, strictly descending`,
    accepts: (value, previous = trainCount) => value >= 0 && value <= trainCount - 1 && value < previous,
  };
}

/** The nearest whole number; of two that are as near, the even one, as NumPy and Python round. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
