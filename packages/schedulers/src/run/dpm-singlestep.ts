import type { Tensor } from "@onestep/core";
import * as float32 from "../arithmetic/float32.ts";
import { type DPMSolverAlgorithm, dpmSolverWeights } from "../sigmas/dpm-solver-weights.ts";
import type { SignalAndNoise } from "../sigmas/signal-and-noise.ts";
import type { MultistepParts } from "./dpm-multistep.ts";
import { followWeights } from "./follow-weights.ts";

/** The fields of a config that {@link singlestepUpdate} needs. */
export interface DPMSinglestepConfig {
  readonly algorithmType: DPMSolverAlgorithm;
  readonly solverType: "midpoint" | "heun";
}

/**
 * A step from where the first of the predictions was made, by all of them: the singlestep methods of DPM-Solver and
 * DPM-Solver++.
 *
 * @param sample - What the first, the oldest, of the predictions was made of.
 */
export function singlestepUpdate(
  config: DPMSinglestepConfig,
  sample: Tensor<"float32">,
  { predictions, levels, next, noise }: MultistepParts,
): Tensor<"float32"> {
  const [oldest, middle, newest] = predictions.toReversed() as [
    Tensor<"float32">,
    ...(Tensor<"float32"> | undefined)[],
  ];
  const [start = next, ...later] = levels.toReversed();
  // A step between equal levels is none.
  if (start.logRatio === next.logRatio) return sample;
  const weights = dpmSolverWeights(config.algorithmType, start, next);
  const step = float32.sub(next.logRatio, start.logRatio);
  const { solverType } = config;
  if (middle === undefined) return followWeights(solverType, sample, weights, { value: oldest }, noise);
  const slopeTo = (prediction: Tensor<"float32">, share: number) =>
    prediction.sub(oldest).mul(float32.div(1, share));
  const middleShare = shareOf(later[0], start, step);
  const middleSlope = slopeTo(middle, middleShare);
  if (newest === undefined) {
    return followWeights(solverType, sample, weights, { value: oldest, slope: middleSlope }, noise);
  }
  const share = shareOf(later[1], start, step);
  const slope = slopeTo(newest, share);
  if (solverType === "midpoint") {
    // The weight of the slope is that of the expansion here.
    return followWeights("heun", sample, weights, { value: oldest, slope }, noise);
  }
  const gap = float32.sub(share, middleShare);
  const prediction = {
    value: oldest,
    slope: middleSlope.mul(share).sub(slope.mul(middleShare)).div(gap),
    curvature: slope.sub(middleSlope).mul(2).div(gap),
  };
  return followWeights(solverType, sample, weights, prediction, noise);
}

/** Where a level is in a step, as a share of its length. */
function shareOf(level: SignalAndNoise | undefined, start: SignalAndNoise, step: number): number {
  return float32.div(float32.sub(level?.logRatio ?? Number.NaN, start.logRatio), step);
}
