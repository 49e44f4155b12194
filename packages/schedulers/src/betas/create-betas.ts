import * as float32 from "../arithmetic/float32.ts";
import { linspaceFloat32 } from "../arithmetic/linspace-float32.ts";
import { alphaBarBetas, cosineAlphaBar, exponentialAlphaBar, laplaceAlphaBar } from "./alpha-bar-betas.ts";
import { rescaleZeroTerminalSnr } from "./rescale-zero-terminal-snr.ts";

/** How the betas of a schedule are spread, named as in diffusers. */
export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2" | "sigmoid" | "laplace" | "exp";

/** What the betas of a schedule follow from. */
export interface BetaOptions {
  /** How many betas, at least 1. */
  readonly numTrainTimesteps: number;
  /** The first beta, for the schedules that take one. */
  readonly betaStart: number;
  /** The last beta, for the schedules that take one. */
  readonly betaEnd: number;
  readonly betaSchedule: BetaSchedule;
  /** The betas themselves, in place of all of the above. */
  readonly trainedBetas: readonly number[] | null;
  /** Whether nothing of the signal is to be left at the last timestep. */
  readonly rescaleBetasZeroSnr?: boolean;
}

/** The variance that each timestep adds, in float32 with torch's roundings, the first timestep first. */
export function createBetas(options: BetaOptions): Float32Array {
  const { trainedBetas, betaSchedule } = options;
  const betas = trainedBetas === null ? creators[betaSchedule](options) : Float32Array.from(trainedBetas);
  return options.rescaleBetasZeroSnr === true ? rescaleZeroTerminalSnr(betas) : betas;
}

const creators: Readonly<Record<BetaSchedule, (options: BetaOptions) => Float32Array>> = {
  linear: ({ betaStart, betaEnd, numTrainTimesteps }) =>
    linspaceFloat32(betaStart, betaEnd, numTrainTimesteps),
  // Of latent diffusion.
  scaled_linear: ({ betaStart, betaEnd, numTrainTimesteps }) =>
    linspaceFloat32(betaStart ** 0.5, betaEnd ** 0.5, numTrainTimesteps).map(float32.square),
  // Of GLIDE.
  squaredcos_cap_v2: ({ numTrainTimesteps }) => alphaBarBetas(numTrainTimesteps, cosineAlphaBar),
  laplace: ({ numTrainTimesteps }) => alphaBarBetas(numTrainTimesteps, laplaceAlphaBar),
  exp: ({ numTrainTimesteps }) => alphaBarBetas(numTrainTimesteps, exponentialAlphaBar),
  // Of GeoDiff.
  sigmoid: ({ betaStart, betaEnd, numTrainTimesteps }) => {
    const range = Math.fround(betaEnd - betaStart);
    const start = Math.fround(betaStart);
    return linspaceFloat32(-6, 6, numTrainTimesteps).map((logit) =>
      float32.add(float32.mul(float32.div(1, float32.add(1, float32.exp(-logit))), range), start),
    );
  },
};
