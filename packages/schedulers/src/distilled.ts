import { enumField, InvalidArgumentError } from "@onestep/core";
import { describeValue, warn } from "@onestep/core/internal";
import { type BetaConfig, betaFields, commonBetaSchedules } from "./betas.ts";
import { requireFraction, requireOneOption, requireSequence, requireTimestepCount } from "./checks.ts";
import { finiteField, timestepCountField, truthField } from "./config/fields.ts";
import type { ConfigFieldsOf } from "./config/schema.ts";
import {
  type ClippingConfig,
  clippingFields,
  type PredictionType,
  predictionTypes,
  type ThresholdingConfig,
  thresholdingFields,
} from "./predictions.ts";
import type { SetTimestepsOptions } from "./scheduler.ts";
import { type SpacingConfig, spacingFields, trainTimestepRule } from "./timesteps.ts";

/** The configuration shared by the schedulers for distilled models, `LCMScheduler` and `TCDScheduler`. */
export interface DistilledSchedulerConfig
  extends BetaConfig<"linear" | "scaled_linear" | "squaredcos_cap_v2">,
    ThresholdingConfig,
    ClippingConfig,
    SpacingConfig {
  /** The number of timesteps used in distillation, from which a run picks its own; 50 by default. */
  readonly originalInferenceSteps: number;
  /** Whether ᾱ before timestep 0 is 1 (no noise left); true by default. No step leads there. */
  readonly setAlphaToOne: boolean;
  /** What the model predicts; `"epsilon"` by default. */
  readonly predictionType: PredictionType;
  /** Multiplier for the timesteps in the consistency function; 10 by default. */
  readonly timestepScaling: number;
  /** Whether to rescale the betas so that no signal is left at the last timestep; false by default. */
  readonly rescaleBetasZeroSnr: boolean;
}

/** The fields of {@link DistilledSchedulerConfig}. As in diffusers, the timestep spacing is ignored. */
export function distilledSchedulerFields(): ConfigFieldsOf<DistilledSchedulerConfig> {
  return {
    ...betaFields(commonBetaSchedules, "scaled_linear", [0.00085, 0.012]),
    originalInferenceSteps: timestepCountField(50),
    ...clippingFields(false),
    setAlphaToOne: truthField(true),
    ...spacingFields("leading"),
    predictionType: enumField(predictionTypes, "epsilon"),
    ...thresholdingFields(),
    timestepScaling: finiteField(10),
    rescaleBetasZeroSnr: truthField(false),
  };
}

/** Options of `setTimesteps` for distilled models: pass exactly one of `numInferenceSteps` and `timesteps`. */
export interface DistilledSetTimestepsOptions extends SetTimestepsOptions {
  /** The number of timesteps used in distillation; the config's value by default. */
  readonly originalInferenceSteps?: number | undefined;
  /** The fraction of the schedule to run, counted from its end; above 0 and at most 1, 1 by default. */
  readonly strength?: number | undefined;
}

/** The timesteps used in distillation, from which a run picks its own. */
export interface DistillationGrid {
  /** The number of timesteps, without `strength`. */
  readonly count: number;
  /** The number of timesteps within `strength`, counted from the lowest. */
  readonly usedCount: number;
  /** The lowest timestep. */
  readonly first: number;
  /** The distance between neighboring timesteps. */
  readonly gap: number;
}

/**
 * The distillation timesteps, evenly spaced up to the last training timestep.
 *
 * @param count - The number of timesteps; `original_inference_steps`.
 * @throws InvalidArgumentError if it is not a whole number from 1 to `trainCount`.
 */
export function distillationGrid(
  subject: string,
  count: number,
  strength: number,
  trainCount: number,
): DistillationGrid {
  requireTimestepCount(subject, count, trainCount, "originalInferenceSteps");
  const gap = Math.floor(trainCount / count);
  return { count, usedCount: Math.trunc(count * strength), first: gap - 1, gap };
}

/**
 * The timesteps of a run, highest first: evenly picked from the grid, or as requested. Follows the rules of diffusers'
 * `LCMScheduler.set_timesteps` and `TCDScheduler.set_timesteps`.
 *
 * @param subject - The method, for error messages.
 * @param trainCount - The number of training timesteps.
 * @throws InvalidArgumentError unless exactly one of `numInferenceSteps` and `timesteps` is given, or if it is invalid,
 * or no step is left.
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
    return evenTimesteps(
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
 * The fraction of the schedule requested by the caller.
 *
 * @throws InvalidArgumentError if it is not a number from 0 to 1.
 */
export function requireStrength(subject: string, options: DistilledSetTimestepsOptions): number {
  return requireFraction(`${subject}: strength`, options?.strength ?? 1);
}

function evenTimesteps(count: number, grid: DistillationGrid, subject: string): Float64Array {
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
        ` \`numTrainTimesteps - 1\`: ${last}. ${unexpected}`,
      "scheduler",
    );
  }
  const others = timesteps.slice(1).filter((timestep) => !isOnGrid(timestep, grid));
  if (others.length > 0) {
    warn(
      "The custom timestep schedule contains the following timesteps which are not on the original" +
        ` training/distillation timestep schedule: ${others.join(", ")}. ${unexpected}`,
      "scheduler",
    );
  }
  if (timesteps.length > grid.count) {
    warn(
      `The number of timesteps in the custom timestep schedule is ${timesteps.length}, which exceeds the length of` +
        ` the timestep schedule used for training: ${grid.count}. ${unexpected}`,
      "scheduler",
    );
  }
}

function isOnGrid(timestep: number, { first, gap, usedCount }: DistillationGrid): boolean {
  const place = (timestep - first) / gap;
  return Number.isInteger(place) && place >= 0 && place < usedCount;
}

/**
 * Chooses the noise levels of a consistency model's run: ascending grid indices, where 0 is the highest level. Follows
 * the rules of diffusers' `CMStochasticIterativeScheduler.set_timesteps`, in the same order; also rejects values that
 * Python accepts and then fails on.
 *
 * @param subject - The scheduler, for error messages.
 * @param gridSize - `numTrainTimesteps`.
 * @throws InvalidArgumentError if `options` break a rule.
 */
export function chooseGridIndices(subject: string, options: SetTimestepsOptions, gridSize: number): number[] {
  const { numInferenceSteps, timesteps } = options ?? {};
  if (timesteps === undefined) {
    if (numInferenceSteps === undefined) {
      throw new InvalidArgumentError(
        "Exactly one of `numInferenceSteps` or `timesteps` must be supplied." +
          " Found neither: pass `{ numInferenceSteps: 1 }` or `{ timesteps: [22, 0] }`.",
      );
    }
    return evenGridIndices(subject, numInferenceSteps, gridSize);
  }
  if (numInferenceSteps !== undefined) {
    throw new InvalidArgumentError(
      "Can only pass one of `numInferenceSteps` or `timesteps`." +
        " Found both: leave `numInferenceSteps` out, the number of timesteps is the number of steps.",
    );
  }
  return givenGridIndices(subject, timesteps, gridSize);
}

function evenGridIndices(subject: string, numInferenceSteps: number, gridSize: number): number[] {
  if (typeof numInferenceSteps === "number" && numInferenceSteps > gridSize) {
    throw new InvalidArgumentError(
      `\`numInferenceSteps\`: ${numInferenceSteps} cannot be larger than \`numTrainTimesteps\`:` +
        ` ${gridSize}, the number of timesteps that the model was trained with.` +
        ` Pass a smaller \`numInferenceSteps\`.`,
    );
  }
  const count = requireTimestepCount(subject, numInferenceSteps, gridSize);
  const gap = Math.floor(gridSize / count);
  return Array.from({ length: count }, (_, step) => step * gap);
}

function givenGridIndices(subject: string, timesteps: readonly number[], gridSize: number): number[] {
  const indices = requireIntegers(subject, timesteps);
  for (let place = 1; place < indices.length; place += 1) {
    if (Number(indices[place]) < Number(indices[place - 1])) continue;
    throw new InvalidArgumentError(
      "`timesteps` must be in descending order." +
        ` Found ${timesteps[place]} after ${timesteps[place - 1]}: pass them in strictly descending order.`,
    );
  }
  if (Number(timesteps[0]) >= gridSize) {
    throw new InvalidArgumentError(
      `\`timesteps\` must start before \`numTrainTimesteps\`: ${gridSize}.` +
        ` Found ${timesteps[0]}: pass indices from ${gridSize - 1} down to 0.`,
    );
  }
  return indices.reverse();
}

function requireIntegers(subject: string, timesteps: readonly number[]): number[] {
  const isList = Array.isArray(timesteps) || ArrayBuffer.isView(timesteps);
  if (!isList || timesteps.length === 0) {
    throw new InvalidArgumentError({
      subject: `${subject}: timesteps`,
      found: isList ? "an empty list" : describeValue(timesteps),
      expected: "a list of at least one index",
      remedy: "Pass indices into the grid of noise levels, such as [22, 0].",
    });
  }
  return Array.from(timesteps, (timestep, place) => {
    const index = typeof timestep === "number" ? Math.trunc(timestep) + 0 : Number.NaN;
    if (Number.isSafeInteger(index)) return index;
    throw new InvalidArgumentError({
      subject: `${subject}: timesteps[${place}]`,
      found: describeValue(timestep),
      expected: "a whole number",
      remedy: "Pass indices into the grid of noise levels, such as [22, 0].",
    });
  });
}
