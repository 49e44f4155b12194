import { InvalidArgumentError, InvalidConfigError } from "@onestep/core";
import { toSnakeCase } from "@onestep/core/internal";
import { truthField } from "./config/fields.ts";
import { type ConfigFieldsOf, requireSigmaOrder } from "./config/schema.ts";
import * as float32 from "./float32.ts";
import { betaQuantile } from "./special-functions.ts";

/** `σ = √((1 − ᾱ) / ᾱ)` in float32: the noise level of each training timestep, relative to an unscaled signal. */
export function trainSigmas(alphasCumprod: Float32Array): Float32Array {
  return alphasCumprod.map((alphaProd) => float32.sqrt(float32.div(float32.sub(1, alphaProd), alphaProd)));
}

/** Replaces ᾱ = 0 to keep the noise level finite: the smallest positive float16 number. */
const terminalAlphaProd = 2 ** -24;

/** ᾱ with its last value set to {@link terminalAlphaProd}, for betas that were rescaled so that it would be 0. */
export function liftTerminalAlpha(alphasCumprod: Float32Array): Float32Array {
  const lifted = alphasCumprod.slice();
  lifted[lifted.length - 1] = terminalAlphaProd;
  return lifted;
}

/**
 * The noise levels at timesteps that may fall between training timesteps, in float64 as computed by `np.interp`.
 * Outside the training range, the level at the nearer end is used.
 *
 * @param sigmas - The levels of timesteps 0, 1, ….
 */
export function interpolateSigmas(timesteps: ArrayLike<number>, sigmas: Float32Array): Float64Array {
  const last = sigmas.length - 1;
  return Float64Array.from(timesteps, (timestep) => {
    const at = Math.min(Math.max(timestep, 0), last);
    const below = sigmas[Math.floor(at)] ?? Number.NaN;
    const above = sigmas[Math.ceil(at)] ?? Number.NaN;
    return (above - below) * (at - Math.floor(at)) + below;
  });
}

/**
 * The (fractional) timestep of a noise level: the inverse of `interpolateSigmas` on a logarithmic scale; diffusers'
 * `_sigma_to_t`.
 *
 * @param logSigmas - The logarithms of the levels of timesteps 0, 1, …, float32 numbers. They never decrease, except
 * for the last one, which is lowered to a finite number if the schedule ends in pure noise.
 * @param round - Rounds to the number type of `sigma`.
 */
export function sigmaToTimestep(
  sigma: number,
  logSigmas: Float32Array,
  round: float32.Rounding = float32.keepFloat64,
): number {
  if (logSigmas.length < 2) return 0;
  const logSigma = round(Math.log(Math.max(sigma, 1e-10)));
  const last = logSigmas.length - 1;
  const isBeyond = (logSigmas[last] as number) <= logSigma;
  const found = isBeyond ? last : countUpTo(logSigma, logSigmas.subarray(0, last)) - 1;
  const lowIndex = Math.min(Math.max(found, 0), logSigmas.length - 2);
  const low = logSigmas[lowIndex] ?? Number.NaN;
  const high = logSigmas[lowIndex + 1] ?? Number.NaN;
  const share = round(round(low - logSigma) / float32.sub(low, high));
  const weight = Math.min(Math.max(share, 0), 1);
  return round(1 - weight) * lowIndex + weight * (lowIndex + 1);
}

/**
 * Counts the numbers up to `limit` in a non-decreasing list. A binary search, since a schedule may have a million of
 * them.
 */
function countUpTo(limit: number, numbers: Float32Array): number {
  let start = 0;
  let end = numbers.length;
  while (start < end) {
    const middle = (start + end) >> 1;
    if ((numbers[middle] as number) <= limit) start = middle + 1;
    else end = middle;
  }
  return start;
}

/** The range and curvature of a Karras schedule. */
export interface KarrasSigmasOptions {
  /** The noise level at ramp 1. */
  readonly sigmaMin: number;
  /** The noise level at ramp 0. */
  readonly sigmaMax: number;
  /** The curvature: the higher it is, the more levels are near `sigmaMin`. */
  readonly rho: number;
}

/**
 * The noise levels at positions on a ramp from 0 (`sigmaMax`) to 1 (`sigmaMin`), in float64:
 * `σ = (σ_max^(1/ρ) + r · (σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ`. Karras et al. 2022 (arXiv:2206.00364), equation 5.
 */
export function karrasSigmas(ramp: ArrayLike<number>, options: KarrasSigmasOptions): Float64Array {
  const { sigmaMin, sigmaMax, rho } = options;
  const start = sigmaMax ** (1 / rho);
  const end = sigmaMin ** (1 / rho);
  return Float64Array.from(ramp, (position) => (start + position * (end - start)) ** rho);
}

/**
 * `count` {@link karrasSigmas} from `sigmaMax` down to `sigmaMin`, in float32 throughout, rounded like OpenAI's
 * `get_sigmas_karras` and diffusers' `EDMDPMSolverMultistepScheduler`. Within a few units in the last place of torch,
 * which has its own `pow`. A single level is `sigmaMax`.
 */
export function karrasSigmasFloat32(count: number, options: KarrasSigmasOptions): Float32Array {
  const { sigmaMin, sigmaMax, rho } = options;
  const start = sigmaMax ** (1 / rho);
  const gap = Math.fround(sigmaMin ** (1 / rho) - start);
  return float32
    .linspace(0, 1, count)
    .map((position) => float32.add(Math.fround(start), float32.mul(position, gap)) ** rho);
}

/** The range of a schedule of noise levels. */
export interface SigmaEnds {
  /** The last noise level. Above 0. */
  readonly sigmaMin: number;
  /** The first noise level. Above 0. */
  readonly sigmaMax: number;
}

/**
 * `count` noise levels with evenly spaced logarithms, from `sigmaMax` down to `sigmaMin`. A single level is `sigmaMin`,
 * as in diffusers.
 *
 * In float32 throughout, like diffusers' `EDMEulerScheduler`. Within a few units in the last place of torch, which has
 * its own `exp`.
 */
export function exponentialSigmas(count: number, options: SigmaEnds): Float32Array {
  const logarithms = float32.linspace(Math.log(options.sigmaMin), Math.log(options.sigmaMax), count);
  return logarithms.map(Math.exp).reverse();
}

/**
 * `count` noise levels with evenly spaced logarithms, from `sigmaMax` down to `sigmaMin`, in float64 as computed by
 * `np.linspace` and `np.exp`. A single level is `sigmaMax`.
 *
 * @param round - Rounds the logarithms of the ends.
 */
export function logSpacedSigmas(
  count: number,
  options: SigmaEnds,
  round: float32.Rounding = float32.keepFloat64,
): Float64Array {
  const start = round(Math.log(options.sigmaMax));
  const end = round(Math.log(options.sigmaMin));
  return linspace(start, end, count).map(Math.exp);
}

/**
 * `count` noise levels from `sigmaMax` down to `sigmaMin` at the quantiles of a beta distribution, dense at both ends,
 * in float64: Lee et al. 2024, "Beta Sampling is All You Need" (arXiv:2407.12173). A single level is `sigmaMax`.
 */
export function betaSigmas(count: number, options: SigmaEnds): Float64Array {
  const { sigmaMin, sigmaMax } = options;
  return unitRamp(count).map((position) => sigmaMin + betaQuantile(1 - position) * (sigmaMax - sigmaMin));
}

/** The config fields that replace the noise levels derived from the betas. At most one of them may be true. */
export interface SigmaConversionConfig {
  /** Whether the noise levels follow Karras et al. 2022 (arXiv:2206.00364), equation 5; false by default. */
  readonly useKarrasSigmas: boolean;
  /** Whether the logarithms of the noise levels are evenly spaced; false by default. */
  readonly useExponentialSigmas: boolean;
  /** Whether the noise levels follow a beta distribution (arXiv:2407.12173); false by default. */
  readonly useBetaSigmas: boolean;
}

const names = ["useKarrasSigmas", "useExponentialSigmas", "useBetaSigmas"] as const;

/** The fields of {@link SigmaConversionConfig}. */
export function sigmaConversionFields(): ConfigFieldsOf<SigmaConversionConfig> {
  return {
    useKarrasSigmas: truthField(false),
    useExponentialSigmas: truthField(false),
    useBetaSigmas: truthField(false),
  };
}

/** The value used by Karras et al. */
const rho = 7;

/**
 * `count` Karras, exponential or beta sigmas, as the config says, in float64; `undefined` if it asks for none of them.
 *
 * @param ends - The last and the first level.
 * @throws InvalidConfigError if the last is above the first, which happens if one comes from the config and the other
 * from the run.
 */
export function convertSigmas(
  config: SigmaConversionConfig,
  count: number,
  ends: SigmaEnds,
): Float64Array | undefined {
  if (isConverted(config)) requireSigmaOrder("the noise levels of a run", ends);
  if (config.useKarrasSigmas) return karrasSigmas(unitRamp(count), { ...ends, rho });
  if (config.useExponentialSigmas) return logSpacedSigmas(count, ends);
  if (config.useBetaSigmas) return betaSigmas(count, ends);
  return undefined;
}

/** Whether the config asks for Karras, exponential or beta sigmas. */
export function isConverted(config: SigmaConversionConfig): boolean {
  return names.some((name) => config[name]);
}

/**
 * Checks that the config asks for at most one kind of sigmas.
 *
 * @param subject - The scheduler or the file, for the error message.
 * @throws InvalidConfigError if more than one of the fields is true.
 */
export function requireOneConversion(subject: string, config: SigmaConversionConfig): void {
  const chosen = names.filter((name) => config[name]).map(toSnakeCase);
  if (chosen.length <= 1) return;
  throw new InvalidConfigError({
    subject,
    found: `${chosen.join(" and ")} at once`,
    expected: "at most one of them to be true",
    remedy: "Set the others to false.",
  });
}

/** The timesteps of a run and their noise levels, in float64. */
export interface DiffusionSchedule {
  readonly timesteps: Float64Array;
  readonly sigmas: Float64Array;
}

/** Noise levels in a config that replace the levels of the first and last timestep. */
export interface SigmaRange {
  readonly sigmaMin?: number | null;
  readonly sigmaMax?: number | null;
}

/**
 * The noise levels of timesteps. If the config asks for Karras, exponential or beta sigmas, those sigmas between the
 * first and the last level, with their timesteps.
 *
 * @param timesteps - Highest first.
 * @param sigmas - The levels of all training timesteps.
 */
export function diffusionSchedule(
  timesteps: Float64Array,
  sigmas: Float32Array,
  config: SigmaConversionConfig & SigmaRange,
): DiffusionSchedule {
  const interpolated = interpolateSigmas(timesteps, sigmas);
  return convertSchedule({ timesteps, sigmas: interpolated }, sigmas, config);
}

/** Converts a schedule to the sigmas that the config asks for; see {@link diffusionSchedule}. */
export function convertSchedule(
  schedule: DiffusionSchedule,
  sigmas: Float32Array,
  config: SigmaConversionConfig & SigmaRange,
): DiffusionSchedule {
  const sigmaMin = config.sigmaMin ?? schedule.sigmas.at(-1) ?? Number.NaN;
  const sigmaMax = config.sigmaMax ?? schedule.sigmas[0] ?? Number.NaN;
  const converted = convertSigmas(config, schedule.timesteps.length, { sigmaMin, sigmaMax });
  if (converted === undefined) return schedule;
  const logSigmas = sigmas.map(Math.log);
  return {
    timesteps: converted.map((sigma) => sigmaToTimestep(sigma, logSigmas)),
    sigmas: converted,
  };
}

/** The noise levels of a run in float32, as in torch, plus a final level. */
export function appendSigma(sigmas: ArrayLike<number>, lastSigma: number): Float32Array {
  const appended = new Float32Array(sigmas.length + 1);
  appended.set(sigmas);
  appended[sigmas.length] = lastSigma;
  return appended;
}

/** `count` numbers evenly spaced from `start` to `end`, rounded like `np.linspace`; a single number is `start`. */
export function linspace(start: number, end: number, count: number): Float64Array {
  const gap = count === 1 ? 0 : (end - start) / (count - 1);
  return Float64Array.from({ length: count }, (_, index) =>
    index === count - 1 && count > 1 ? end : start + index * gap,
  );
}

/** `count` numbers evenly spaced from 0 to 1; a single number is 0. */
export function unitRamp(count: number): Float64Array {
  return linspace(0, 1, count);
}

/** Repeats each value `count` times, in order: `torch.repeat_interleave`. */
export function repeatEach(values: ArrayLike<number>, count: number): Float64Array {
  return Float64Array.from({ length: values.length * count }, (_, index) =>
    Number(values[Math.floor(index / count)]),
  );
}

/** The midpoint of two noise levels on a logarithmic scale, rounded like torch's `lerp`; 0 if either level is 0. */
export function middleSigma(sigma: number, otherSigma: number): number {
  if (sigma === 0 || otherSigma === 0) return 0;
  const [start, end] = [float32.log(otherSigma), float32.log(sigma)];
  return float32.exp(float32.sub(end, float32.mul(float32.sub(end, start), 0.5)));
}

/**
 * Throws if the caller passes timesteps although the config asks for Karras, exponential or beta sigmas.
 *
 * @param subject - The method, for the error message.
 * @param isContinuous - Whether the model takes noise levels instead of timesteps.
 * @throws InvalidArgumentError
 */
export function refuseConvertedTimesteps(
  subject: string,
  config: SigmaConversionConfig,
  isContinuous = false,
): void {
  if (!isConverted(config) && !isContinuous) return;
  throw new InvalidArgumentError({
    subject: `${subject}: timesteps`,
    found: isContinuous
      ? "timesteps for a model that is given noise levels"
      : "timesteps with Karras, exponential or beta sigmas",
    expected: "`numInferenceSteps` with this config",
    remedy: isContinuous
      ? 'Pass a number of steps, or make the scheduler with a `timestepType` of "discrete".'
      : "Pass a number of steps, or make the scheduler without Karras, exponential and beta sigmas.",
  });
}
