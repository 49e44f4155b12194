import { type ConfigField, enumField, InvalidConfigError, listField, nullableField } from "@onestep/core";
import { finiteField, narrowedField, timestepCountField, truthField } from "./config/fields.ts";
import type { ConfigFieldsOf } from "./config/schema.ts";
import * as float32 from "./float32.ts";

/** How betas depend on the timestep, named as in diffusers. */
export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2" | "sigmoid" | "laplace" | "exp";

/** The config fields that determine the betas. */
export interface BetaConfig<Schedule extends BetaSchedule = BetaSchedule> {
  /** How many timesteps the model was trained with, 1 to 1,000,000; 1000 by default. */
  readonly numTrainTimesteps: number;
  /** The first beta, above 0 and below 1. */
  readonly betaStart: number;
  /** The last beta, above 0 and below 1. */
  readonly betaEnd: number;
  /** The beta schedule; `"linear"` by default. */
  readonly betaSchedule: Schedule;
  /**
   * Explicit betas, each above 0 and below 1, one for each of `numTrainTimesteps`; null by default. If given,
   * `betaStart`, `betaEnd` and `betaSchedule` are ignored.
   */
  readonly trainedBetas: readonly number[] | null;
}

/** A {@link BetaConfig}, plus the zero-SNR rescaling that some schedulers have. */
export type RescaledBetaConfig = BetaConfig & { readonly rescaleBetasZeroSnr?: boolean };

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

/** The beta schedules supported by most schedulers. */
export const commonBetaSchedules: readonly ["linear", "scaled_linear", "squaredcos_cap_v2"] = [
  "linear",
  "scaled_linear",
  "squaredcos_cap_v2",
];

/** Whether to rescale the betas to zero signal-to-noise ratio at the last timestep; false by default. */
export function rescaleField(): ConfigField<boolean> {
  return truthField(false);
}

/**
 * Checks the number of betas.
 *
 * @param subject - The scheduler or the file, for the error message.
 * @throws InvalidConfigError if `trained_betas` has the wrong length, or there are too few timesteps to rescale.
 */
export function requireBetaCount(subject: string, config: RescaledBetaConfig): void {
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

/** The variance added at each timestep, first timestep first, in float32 with torch's rounding. */
export function createBetas(config: RescaledBetaConfig): Float32Array {
  const { trainedBetas, betaSchedule } = config;
  const betas = trainedBetas === null ? betaSchedules[betaSchedule](config) : Float32Array.from(trainedBetas);
  return config.rescaleBetasZeroSnr === true ? rescaleZeroTerminalSnr(betas) : betas;
}

/**
 * `ᾱ_t = Π (1 − β_s)` for s up to t: the fraction of the signal's variance left at each timestep. Rounded like
 * `torch.cumprod` on a CPU: factors and results are float32, the running product is float64.
 */
export function cumulativeAlphas(betas: Float32Array): Float32Array {
  let product = 1;
  return betas.map((beta) => {
    product *= Math.fround(1 - beta);
    return product;
  });
}

/** A decreasing function from [0, 1] to the fraction of the signal's variance left at that time. */
type AlphaBar = (time: number) => number;

const betaSchedules: Readonly<Record<BetaSchedule, (config: BetaConfig) => Float32Array>> = {
  linear: ({ betaStart, betaEnd, numTrainTimesteps }) =>
    float32.linspace(betaStart, betaEnd, numTrainTimesteps),
  // From latent diffusion.
  scaled_linear: ({ betaStart, betaEnd, numTrainTimesteps }) =>
    float32.linspace(betaStart ** 0.5, betaEnd ** 0.5, numTrainTimesteps).map(float32.square),
  // The cosine schedule of Nichol and Dhariwal 2021 (arXiv:2102.09672), equation 17.
  squaredcos_cap_v2: ({ numTrainTimesteps }) =>
    betasForAlphaBar(numTrainTimesteps, (time) => Math.cos((((time + 0.008) / 1.008) * Math.PI) / 2) ** 2),
  // From GeoDiff.
  sigmoid: ({ betaStart, betaEnd, numTrainTimesteps }) => {
    const range = Math.fround(betaEnd - betaStart);
    const start = Math.fround(betaStart);
    return float32
      .linspace(-6, 6, numTrainTimesteps)
      .map((logit) =>
        float32.add(float32.mul(float32.div(1, float32.add(1, float32.exp(-logit))), range), start),
      );
  },
  // The signal-to-noise ratio follows a Laplace distribution: Hang et al. 2024 (arXiv:2407.03297).
  laplace: ({ numTrainTimesteps }) =>
    betasForAlphaBar(numTrainTimesteps, (time) => {
      const side = time <= 0.5 ? 1 : -1;
      const ratio = Math.exp(-0.5 * side * Math.log(1 - 2 * Math.abs(0.5 - time) + 1e-6));
      return Math.sqrt(ratio / (1 + ratio));
    }),
  exp: ({ numTrainTimesteps }) => betasForAlphaBar(numTrainTimesteps, (time) => Math.exp(time * -12)),
};

/** Betas whose cumulative product follows `alphaBar`, capped at 0.999: diffusers' `betas_for_alpha_bar`. */
function betasForAlphaBar(count: number, alphaBar: AlphaBar): Float32Array {
  return Float32Array.from({ length: count }, (_, index) =>
    Math.min(1 - alphaBar((index + 1) / count) / alphaBar(index / count), 0.999),
  );
}

/**
 * Rescales betas so that no signal is left at the last timestep, in float32: Lin et al. 2023 (arXiv:2305.08891),
 * algorithm 1; diffusers' `rescale_zero_terminal_snr` (scheduling_ddim.py).
 *
 * @param betas - At least two.
 */
function rescaleZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeAlphas(betas).map(Math.sqrt);
  const first = roots[0] ?? 0;
  const last = roots.at(-1) ?? 0;
  const scale = float32.div(first, float32.sub(first, last));
  const products = roots.map((root) => float32.square(float32.mul(float32.sub(root, last), scale)));
  return products.map((product, index) => {
    const previous = products[index - 1];
    return 1 - (previous === undefined ? product : float32.div(product, previous));
  });
}

function betaField(defaultValue: number): ConfigField<number> {
  const description = "a number above 0 and below 1";
  return narrowedField(finiteField(defaultValue), description, (value) => value > 0 && value < 1);
}
