import { interpolateSigmas } from "./interpolate-sigmas.ts";
import { convertSigmas, type SigmaConversionConfig } from "./sigma-conversion.ts";
import { sigmaToTimestep } from "./sigma-to-timestep.ts";

/** The timesteps of a run and their noise levels, in float64. */
export interface DiffusionSchedule {
  readonly timesteps: Float64Array;
  readonly sigmas: Float64Array;
}

/** Noise levels that a config asks for in place of those of its first and last timestep. */
export interface SigmaEnds {
  readonly sigmaMin?: number | null;
  readonly sigmaMax?: number | null;
}

/**
 * The noise levels of timesteps, and where the config gives the levels another spread between the first and the last
 * of them, the timesteps that belong to those.
 *
 * @param timesteps - The highest first.
 * @param sigmas - The levels of all timesteps of training.
 */
export function diffusionSchedule(
  timesteps: Float64Array,
  sigmas: Float32Array,
  config: SigmaConversionConfig & SigmaEnds,
): DiffusionSchedule {
  const interpolated = interpolateSigmas(timesteps, sigmas);
  return convertSchedule({ timesteps, sigmas: interpolated }, sigmas, config);
}

/** A schedule with its noise levels spread as the config says; see {@link diffusionSchedule}. */
export function convertSchedule(
  schedule: DiffusionSchedule,
  sigmas: Float32Array,
  config: SigmaConversionConfig & SigmaEnds,
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
