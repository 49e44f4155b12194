import * as float32 from "../arithmetic/float32.ts";
import { linspaceFloat32 } from "../arithmetic/linspace-float32.ts";
import { alphaBarBetas, cosineAlphaBar } from "./alpha-bar-betas.ts";
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

/** How the betas of a schedule are made, in float32 with torch's roundings. */
export type BetaSpread = (options: BetaOptions) => Float32Array;

/** The spreads that a scheduler has besides those that all have. */
export type OtherSpreads = Readonly<Partial<Record<BetaSchedule, BetaSpread>>>;

const commonSpreads: OtherSpreads = {
  linear: ({ betaStart, betaEnd, numTrainTimesteps }) =>
    linspaceFloat32(betaStart, betaEnd, numTrainTimesteps),
  // Of latent diffusion.
  scaled_linear: ({ betaStart, betaEnd, numTrainTimesteps }) =>
    linspaceFloat32(betaStart ** 0.5, betaEnd ** 0.5, numTrainTimesteps).map(float32.square),
  // Of GLIDE.
  squaredcos_cap_v2: ({ numTrainTimesteps }) => alphaBarBetas(numTrainTimesteps, cosineAlphaBar),
};

/**
 * The variance that each timestep adds, in float32 with torch's roundings, the first timestep first.
 *
 * @param others - How to spread them where `betaSchedule` is not one that all schedulers have. It has to be among these.
 */
export function createBetas(options: BetaOptions, others: OtherSpreads = {}): Float32Array {
  const { trainedBetas, betaSchedule } = options;
  const spread = { ...commonSpreads, ...others }[betaSchedule] as BetaSpread;
  const betas = trainedBetas === null ? spread(options) : Float32Array.from(trainedBetas);
  return options.rescaleBetasZeroSnr === true ? rescaleZeroTerminalSnr(betas) : betas;
}
