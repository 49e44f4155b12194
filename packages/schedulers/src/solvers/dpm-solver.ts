import type { Tensor } from "@onestep/core";
import type { DPMSolverAlgorithm } from "../config/solvers.ts";
import * as float32 from "../float32.ts";
import type { SignalAndNoise } from "../sigmas.ts";

/** What the parts of a step of DPM-Solver are multiplied with; float32 numbers. */
export interface DPMSolverWeights {
  /** Of the sample that the step begins with. */
  readonly sample: number;
  /** Of the prediction. */
  readonly value: number;
  /** Of its slope, where the model was evaluated twice. */
  readonly midpointSlope: number;
  /** Of its slope, by the expansion that Heun's variant and steps of third order keep to. */
  readonly slope: number;
  /** Of its curvature. */
  readonly curvature: number;
  /** Of fresh noise of unit variance; 0 where the algorithm has none. */
  readonly noise: number;
}

/**
 * The weights of a step between two noise levels: Lu et al. 2022, "DPM-Solver" (arXiv:2206.00927), appendix B, and
 * "DPM-Solver++" (arXiv:2211.01095), sections 4 and 5 and appendix B; rounded as in diffusers'
 * `schedulers/scheduling_dpmsolver_multistep.py`.
 *
 * Slope and curvature are those over h, the step in the logarithm of signal to noise.
 *
 * @param from - The level that the step begins at.
 * @param to - Where it leads to; another level.
 */
export function dpmSolverWeights(
  algorithm: DPMSolverAlgorithm,
  from: SignalAndNoise,
  to: SignalAndNoise,
): DPMSolverWeights {
  const step = float32.sub(to.logRatio, from.logRatio);
  switch (algorithm) {
    case "dpmsolver++": {
      const growth = float32.sub(float32.exp(-step), 1);
      const sample = float32.div(to.noise, from.noise);
      return { sample, ...expand(growth, -step, -to.signal), noise: 0 };
    }
    case "sde-dpmsolver++": {
      const growth = float32.sub(float32.exp(-2 * step), 1);
      const weights = expand(growth, -2 * step, -to.signal);
      return {
        ...weights,
        sample: float32.mul(float32.div(to.noise, from.noise), float32.exp(-step)),
        // diffusers takes the half off on the other side; the numbers are to be its.
        curvature: float32.sub(weights.curvature, to.signal),
        noise: float32.mul(to.noise, float32.sqrt(-growth)),
      };
    }
    case "dpmsolver": {
      const growth = float32.sub(float32.exp(step), 1);
      const sample = float32.div(to.signal, from.signal);
      return { sample, ...expand(growth, step, -to.noise), noise: 0 };
    }
    case "sde-dpmsolver": {
      const growth = float32.sub(float32.exp(step), 1);
      return {
        sample: float32.div(to.signal, from.signal),
        ...expand(growth, step, -2 * to.noise),
        noise: float32.mul(to.noise, float32.sqrt(float32.sub(float32.exp(2 * step), 1))),
      };
    }
  }
}

/** `scale` times the first terms of the expansion of `e^exponent − 1`. */
function expand(
  growth: number,
  exponent: number,
  scale: number,
): Pick<DPMSolverWeights, "value" | "midpointSlope" | "slope" | "curvature"> {
  const value = float32.mul(scale, growth);
  const slope = float32.sub(float32.div(growth, exponent), 1);
  const remainder = float32.div(float32.sub(growth, exponent), float32.square(exponent));
  return {
    value,
    midpointSlope: float32.mul(0.5, value),
    slope: float32.mul(scale, slope),
    curvature: float32.mul(scale, float32.sub(remainder, 0.5)),
  };
}

/** How a prediction changes over a step, as far as that is known. */
export interface PredictionExpansion {
  readonly value: Tensor<"float32">;
  readonly slope?: Tensor<"float32">;
  /** Known only where the slope is. */
  readonly curvature?: Tensor<"float32">;
}

/**
 * Where the weights of a step of DPM-Solver lead: the sum of its parts, in float32.
 *
 * @param solverType - Which weight the slope has in a step of second order.
 * @param noise - Of unit variance, where the algorithm adds some.
 */
export function followWeights(
  solverType: "midpoint" | "heun",
  sample: Tensor<"float32">,
  weights: DPMSolverWeights,
  prediction: PredictionExpansion,
  noise: Tensor<"float32"> | undefined,
): Tensor<"float32"> {
  const { value, slope, curvature } = prediction;
  let sum = sample.mul(weights.sample).add(value.mul(weights.value));
  if (slope !== undefined) {
    const isMidpoint = solverType === "midpoint" && curvature === undefined;
    sum = sum.add(slope.mul(isMidpoint ? weights.midpointSlope : weights.slope));
  }
  if (curvature !== undefined) sum = sum.add(curvature.mul(weights.curvature));
  return noise === undefined ? sum : sum.add(noise.mul(weights.noise));
}

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

/** The fields of a config that {@link singlestepOrders} needs. */
export interface SinglestepOrderConfig {
  readonly solverOrder: number;
  readonly lowerOrderFinal: boolean;
  readonly finalSigmasType: "zero" | "sigma_min";
}

/**
 * The order of each step of a singlestep DPM-Solver: 1, 2, 3, 1, 2, 3, …, up to the order of the config, and lower ones
 * at the end where the number of steps is no multiple of it, the config says so, or the last step leads to no noise.
 * diffusers' `get_order_list`.
 *
 * @param count - How many steps.
 */
export function singlestepOrders(config: SinglestepOrderConfig, count: number): number[] {
  const { solverOrder, lowerOrderFinal, finalSigmasType } = config;
  const orders = Array.from({ length: count }, (_, index) => (index % solverOrder) + 1);
  const endsAtZero = finalSigmasType === "zero";
  const isLowered = lowerOrderFinal || endsAtZero || count % solverOrder !== 0;
  if (isLowered && solverOrder === 3 && count % 3 === 0) orders.splice(-3, 3, 1, 2, 1);
  else if (isLowered && count % solverOrder === 0) orders[count - 1] = 1;
  if (endsAtZero) orders[count - 1] = 1;
  return orders;
}
