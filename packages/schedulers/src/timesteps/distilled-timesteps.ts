import { InvalidArgumentError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import { requireFraction } from "../run/require-fraction.ts";
import type { SetTimestepsOptions } from "../scheduler.ts";
import { requireOneOption } from "../sigmas/require-one-option.ts";
import { requireSequence } from "../sigmas/require-sequence.ts";
import { requireTimestepCount } from "../sigmas/timestep-count.ts";
import { trainTimestepRule } from "./require-train-timesteps.ts";

/** What `setTimesteps` of a scheduler for distilled models takes: exactly one of the first two. */
export interface DistilledSetTimestepsOptions extends SetTimestepsOptions {
  /** How many timesteps the model was distilled with, in place of the config's. */
  readonly originalInferenceSteps?: number | undefined;
  /** What part of the schedule to go through, from its end; above 0 and at most 1, its default. */
  readonly strength?: number | undefined;
}

/** The timesteps that a model was distilled with, of which a run takes some. */
export interface DistillationGrid {
  /** How many there are without `strength`. */
  readonly count: number;
  /** How many of them, from the lowest on, are within `strength`. */
  readonly usedCount: number;
  /** The lowest. */
  readonly first: number;
  /** The distance between two. */
  readonly gap: number;
}

/**
 * The timesteps of a run, the highest first: some of those of the grid, evenly spread, or those that were asked for.
 * The rules are those of diffusers' `LCMScheduler.set_timesteps` and `TCDScheduler.set_timesteps`.
 *
 * @param subject - The method, for messages.
 * @param trainCount - How many timesteps the model was trained with.
 * @throws InvalidArgumentError where not exactly one of `numInferenceSteps` and `timesteps` is given, or it breaks its
 * rule, or no step is left.
 */
export function distilledTimesteps(
  subject: string,
  options: DistilledSetTimestepsOptions,
  trainCount: number,
  grid: DistillationGrid,
): Float64Array {
  const { numInferenceSteps, timesteps, strength = 1 } = options;
  requireOneOption(subject, { numInferenceSteps, timesteps }, ["numInferenceSteps", "timesteps"]);
  if (timesteps === undefined) {
    return spread(
      requireTimestepCount(subject, numInferenceSteps, Math.min(grid.count, trainCount)),
      grid,
      subject,
    );
  }
  const chosen = requireSequence(`${subject}: timesteps`, timesteps, trainTimestepRule(trainCount));
  warnOfOthers(chosen, trainCount, grid, strength);
  const used = chosen.slice(chosen.length - Math.trunc(chosen.length * strength));
  if (used.length === 0) refuseStrength(subject, `a strength of ${strength} of ${chosen.length} timesteps`);
  return used;
}

/**
 * The part of the schedule that a caller asked for.
 *
 * @throws InvalidArgumentError where it is not a number from 0 to 1.
 */
export function requireStrength(subject: string, options: DistilledSetTimestepsOptions): number {
  return requireFraction(`${subject}: strength`, options?.strength ?? 1);
}

function spread(count: number, grid: DistillationGrid, subject: string): Float64Array {
  if (grid.usedCount < count) {
    refuseStrength(
      subject,
      `${count} steps of the ${grid.usedCount} that \`strength\` leaves of ${grid.count}`,
    );
  }
  const stride = grid.usedCount / count;
  return Float64Array.from({ length: count }, (_, index) => {
    const place = grid.usedCount - 1 - Math.floor(index * stride);
    return grid.first + place * grid.gap;
  });
}

function refuseStrength(subject: string, found: string): never {
  throw new InvalidArgumentError({
    subject,
    found,
    expected: "at most as many steps as there are timesteps left, and at least one",
    remedy: "Take fewer steps, or pass a higher `strength`.",
  });
}

function warnOfOthers(
  timesteps: Float64Array,
  trainCount: number,
  grid: DistillationGrid,
  strength: number,
): void {
  const unexpected = "You may get unexpected results when using this timestep schedule.";
  const last = trainCount - 1;
  if (strength === 1 && timesteps[0] !== last) {
    warn(
      `The first timestep on the custom timestep schedule is ${timesteps[0]}, not` +
        ` \`self.config.num_train_timesteps - 1\`: ${last}. ${unexpected}`,
    );
  }
  const others = timesteps.slice(1).filter((timestep) => !isOnGrid(timestep, grid));
  if (others.length > 0) {
    warn(
      "The custom timestep schedule contains the following timesteps which are not on the original" +
        ` training/distillation timestep schedule: ${others.join(", ")}. ${unexpected}`,
    );
  }
  if (timesteps.length > grid.count) {
    warn(
      `The number of timesteps in the custom timestep schedule is ${timesteps.length}, which exceeds the length of` +
        ` the timestep schedule used for training: ${grid.count}. ${unexpected}`,
    );
  }
}

function isOnGrid(timestep: number, { first, gap, usedCount }: DistillationGrid): boolean {
  const place = (timestep - first) / gap;
  return Number.isInteger(place) && place >= 0 && place < usedCount;
}
