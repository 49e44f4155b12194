import type { Tensor } from "@onestep/core";
import * as float32 from "../arithmetic/float32.ts";
import { type DPMSolverAlgorithm, dpmSolverWeights } from "../sigmas/dpm-solver-weights.ts";
import type { SignalAndNoise } from "../sigmas/signal-and-noise.ts";
import { followWeights, type PredictionExpansion } from "./follow-weights.ts";

/** The fields of a config that {@link multistepOrder} and {@link multistepUpdate} need. */
export interface DPMMultistepConfig {
  readonly algorithmType: DPMSolverAlgorithm;
  readonly solverType: "midpoint" | "heun";
  readonly solverOrder: number;
  readonly lowerOrderFinal: boolean;
  readonly eulerAtFinal: boolean;
  readonly finalSigmasType: "zero" | "sigma_min";
}

/**
 * The order of a step, 1 to 3: lower where there are too few predictions, and at the end of a run.
 *
 * @param index - Of the step in the run.
 * @param count - How many steps the run has.
 * @param known - How many predictions there are, that of this step included.
 */
export function multistepOrder(
  config: DPMMultistepConfig,
  index: number,
  count: number,
  known: number,
): number {
  const { solverOrder, lowerOrderFinal, eulerAtFinal, finalSigmasType } = config;
  const isShort = lowerOrderFinal && count < 15;
  const isFirstOrderLast = eulerAtFinal || isShort || finalSigmasType === "zero";
  const highest = Math.min(solverOrder, known, 3);
  if (index === count - 1 && isFirstOrderLast) return 1;
  return isShort ? Math.min(highest, count - index) : highest;
}

/** What a multistep method takes a step with. */
export interface MultistepParts {
  /** As many as the order, the newest first. */
  readonly predictions: readonly Tensor<"float32">[];
  /** Where the predictions were made, the newest first. */
  readonly levels: readonly SignalAndNoise[];
  /** The level that the step leads to. */
  readonly next: SignalAndNoise;
  /** Of unit variance, where the algorithm adds some. */
  readonly noise: Tensor<"float32"> | undefined;
}

/** A step by the predictions of this and the last steps: the multistep methods of DPM-Solver and DPM-Solver++. */
export function multistepUpdate(
  config: DPMMultistepConfig,
  sample: Tensor<"float32">,
  { predictions, levels, next, noise }: MultistepParts,
): Tensor<"float32"> {
  const [current = next] = levels;
  // A step between equal levels is none.
  if (current.logRatio === next.logRatio) return sample;
  const weights = dpmSolverWeights(config.algorithmType, current, next);
  return followWeights(
    config.solverType,
    sample,
    weights,
    expandPredictions(predictions, levels, next),
    noise,
  );
}

/** Value, slope and curvature of a polynomial through up to three predictions. */
function expandPredictions(
  predictions: readonly Tensor<"float32">[],
  levels: readonly SignalAndNoise[],
  next: SignalAndNoise,
): PredictionExpansion {
  const [newest, second, third] = predictions as [Tensor<"float32">, ...(Tensor<"float32"> | undefined)[]];
  if (second === undefined) return { value: newest };
  const [current = next, ...older] = levels;
  const step = float32.sub(next.logRatio, current.logRatio);
  const gapAfter = (place: number) => {
    const after = place === 0 ? current : older[place - 1];
    const gap = float32.sub(after?.logRatio ?? Number.NaN, older[place]?.logRatio ?? Number.NaN);
    return float32.div(gap, step);
  };
  const firstGap = gapAfter(0);
  const difference = newest.sub(second).mul(float32.div(1, firstGap));
  if (third === undefined) return { value: newest, slope: difference };
  const secondGap = gapAfter(1);
  const olderDifference = second.sub(third).mul(float32.div(1, secondGap));
  const change = difference.sub(olderDifference);
  const span = float32.add(firstGap, secondGap);
  return {
    value: newest,
    slope: difference.add(change.mul(float32.div(firstGap, span))),
    curvature: change.mul(float32.div(1, span)),
  };
}
