import { type ConfigField, enumField, InvalidConfigError, listField, nullableField } from "@onestep/core";
import { finiteField, narrowedField, timestepCountField } from "../config/narrowed-field.ts";
import type { ConfigFieldsOf } from "../config/scheduler-config.ts";
import { truthField } from "../config/truth-field.ts";
import type { BetaSchedule } from "./create-betas.ts";

/** The fields of a config that its betas follow from. */
export interface BetaConfig<Schedule extends BetaSchedule = BetaSchedule> {
  /** How many timesteps the model was trained with, 1 to 1,000,000; 1000 by default. */
  readonly numTrainTimesteps: number;
  /** The first beta, above 0 and below 1. */
  readonly betaStart: number;
  /** The last beta, above 0 and below 1. */
  readonly betaEnd: number;
  /** How the betas are spread between the two; `"linear"` by default. */
  readonly betaSchedule: Schedule;
  /**
   * The betas themselves, each above 0 and below 1, one for each of `numTrainTimesteps`; null by default. `betaStart`,
   * `betaEnd` and `betaSchedule` then play no part.
   */
  readonly trainedBetas: readonly number[] | null;
}

/** The fields of {@link BetaConfig}. */
export function betaFields<Schedule extends BetaSchedule>(
  schedules: readonly Schedule[],
  defaultSchedule: NoInfer<Schedule>,
  [betaStart, betaEnd]: readonly [betaStart: number, betaEnd: number] = [0.0001, 0.02],
): ConfigFieldsOf<BetaConfig<Schedule>> {
  return {
    numTrainTimesteps: timestepCountField(1000),
    betaStart: betaField(betaStart),
    betaEnd: betaField(betaEnd),
    betaSchedule: enumField(schedules, defaultSchedule),
    trainedBetas: nullableField(listField(betaField(0.5), [])),
  };
}

/** Whether nothing of the signal is to be left at the last timestep; false by default. */
export function rescaleField(): ConfigField<boolean> {
  return truthField(false);
}

/**
 * Checks the number of betas.
 *
 * @param subject - The scheduler or the file, for the message.
 * @throws InvalidConfigError where there are too few.
 */
export function requireBetaCount(
  subject: string,
  config: BetaConfig & { readonly rescaleBetasZeroSnr?: boolean },
): void {
  const { trainedBetas, numTrainTimesteps, rescaleBetasZeroSnr = false } = config;
  if (trainedBetas !== null && trainedBetas.length !== numTrainTimesteps) {
    throw new InvalidConfigError({
      subject: `${subject}: trained_betas`,
      found: `${trainedBetas.length} betas`,
      expected: `one for each of the ${numTrainTimesteps} of num_train_timesteps`,
      remedy: "Correct one of the two.",
    });
  }
  if (rescaleBetasZeroSnr && numTrainTimesteps < 2) {
    throw new InvalidConfigError({
      subject: `${subject}: rescale_betas_zero_snr`,
      found: `true with num_train_timesteps ${numTrainTimesteps}`,
      expected: "at least two timesteps to rescale",
      remedy: "Set it to false.",
    });
  }
}

function betaField(defaultValue: number): ConfigField<number> {
  const description = "a number above 0 and below 1";
  return narrowedField(finiteField(defaultValue), description, (value) => value > 0 && value < 1);
}
