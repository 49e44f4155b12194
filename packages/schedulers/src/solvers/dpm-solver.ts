import type { Tensor } from "@onestep/core";
import type { DPMSolverAlgorithm, DPMSolverConfig } from "../config/solvers.ts";
import { add, div, exp, log, mul, sqrt, square, sub } from "../float32.ts";
import {
  limitSample,
  type SolverPredictionType,
  splitVariance,
  type ThresholdingConfig,
} from "../predictions.ts";

// The formulas of diffusers' `schedulers/scheduling_dpmsolver_multistep.py` and `scheduling_dpmsolver_singlestep.py`,
// in the same order of operations: Lu et al. 2022, "DPM-Solver" (arXiv:2206.00927), appendix B, and "DPM-Solver++"
// (arXiv:2211.01095), sections 4 and 5 and appendix B. t is the point at which a step ends, s0 the point of the newest
// prediction, s1 and s2 the points before it; m0, m1 and m2 are the predictions at s0, s1 and s2.

type Sample = Tensor<"float32">;

/** A point of the noise schedule, in float32. */
export interface SchedulePoint {
  /** α_t: the weight of the clean sample. */
  readonly alpha: number;
  /** σ_t: the weight of unit-variance noise. */
  readonly sigma: number;
  /** λ_t = ln α_t − ln σ_t: half the log signal-to-noise ratio; infinite if there is no noise. */
  readonly lambda: number;
}

/** The config fields that a DPM-Solver step needs. */
export interface DPMSolverStepConfig {
  readonly algorithmType: DPMSolverAlgorithm;
  readonly solverType: "midpoint" | "heun";
}

/**
 * α_t, σ_t and λ_t at a noise level; diffusers' `_sigma_to_alpha_sigma_t`.
 *
 * @param sigma - The standard deviation of the noise relative to an unscaled signal or, in flow matching, the weight of
 * the noise.
 */
export function sigmaToAlphaSigmaT(sigma: number, useFlowSigmas: boolean): SchedulePoint {
  const alphaT = useFlowSigmas ? sub(1, sigma) : div(1, sqrt(add(square(sigma), 1)));
  const sigmaT = useFlowSigmas ? sigma : mul(sigma, alphaT);
  return { alpha: alphaT, sigma: sigmaT, lambda: sub(log(alphaT), log(sigmaT)) };
}

/**
 * Converts the model's output to a prediction of the clean sample, x_0.
 *
 * @param sigma - The noise level from which `at` was computed.
 */
export function predictX0(
  predictionType: SolverPredictionType,
  modelOutput: Sample,
  sample: Sample,
  at: SchedulePoint,
  sigma: number,
): Sample {
  switch (predictionType) {
    case "epsilon":
      return sample.sub(modelOutput.mul(at.sigma)).div(at.alpha);
    case "sample":
      return modelOutput;
    case "v_prediction":
      return sample.mul(at.alpha).sub(modelOutput.mul(at.sigma));
    case "flow_prediction":
      return sample.sub(modelOutput.mul(sigma));
  }
}

/** Converts the model's output to a prediction of the noise, ε. */
export function predictEpsilon(
  predictionType: Exclude<SolverPredictionType, "flow_prediction">,
  modelOutput: Sample,
  sample: Sample,
  at: SchedulePoint,
): Sample {
  switch (predictionType) {
    case "epsilon":
      return modelOutput;
    case "sample":
      return epsilonBeside(modelOutput, sample, at);
    case "v_prediction":
      return modelOutput.mul(at.alpha).add(sample.mul(at.sigma));
  }
}

/** The noise in a sample, given the clean sample: `(sample − α_t · x_0) / σ_t`. */
export function epsilonBeside(x0: Sample, sample: Sample, at: SchedulePoint): Sample {
  return sample.sub(x0.mul(at.alpha)).div(at.sigma);
}

/**
 * The model's output without a learned variance, which DPM-Solver ignores.
 *
 * @param subject - The method, for the error message.
 * @throws InvalidArgumentError if the config says that there is a variance, but the output has none.
 */
export function withoutVariance(
  subject: string,
  modelOutput: Sample,
  sample: Sample,
  { varianceType, predictionType }: Pick<DPMSolverConfig, "varianceType" | "predictionType">,
): Sample {
  const isLearned = varianceType === "learned" || varianceType === "learned_range";
  if (!isLearned || predictionType !== "epsilon") return modelOutput;
  return splitVariance(subject, modelOutput, sample).modelOutput;
}

/** Whether the algorithm adds fresh noise in each step. */
export function addsNoise(algorithm: DPMSolverAlgorithm): boolean {
  return algorithm.startsWith("sde-");
}

/** The quantity that the algorithm integrates: predictions of x_0 for `"dpmsolver++"`, of ε for `"dpmsolver"`. */
export function convertModelOutput(
  config: {
    readonly algorithmType: DPMSolverAlgorithm;
    readonly predictionType: SolverPredictionType;
  } & ThresholdingConfig,
  modelOutput: Sample,
  sample: Sample,
  at: SchedulePoint,
  sigma: number,
): Sample {
  const { algorithmType, predictionType, thresholding } = config;
  // DPM-Solver++ solves an integral of the data prediction model. It is the only one that supports flow predictions.
  if (predictionType === "flow_prediction" || algorithmType.endsWith("++")) {
    const x0 = predictX0(predictionType, modelOutput, sample, at, sigma);
    return thresholding ? limitSample(x0, config) : x0;
  }
  // DPM-Solver solves an integral of the noise prediction model.
  const epsilon = predictEpsilon(predictionType, modelOutput, sample, at);
  if (!thresholding) return epsilon;
  const x0 = limitSample(predictX0("epsilon", epsilon, sample, at, sigma), config);
  return epsilonBeside(x0, sample, at);
}

/** `dpm_solver_first_order_update`: a first-order step, equivalent to DDIM. */
export function dpmSolverFirstOrderUpdate(
  { algorithmType }: DPMSolverStepConfig,
  modelOutput: Sample,
  sample: Sample,
  [t, s]: readonly [t: SchedulePoint, s: SchedulePoint],
  noise?: Sample,
): Sample {
  const h = sub(t.lambda, s.lambda);
  return updateTo(algorithmType, sample, t, s, h, { D0: modelOutput }, noise);
}

/** `multistep_dpm_solver_second_order_update`. */
export function multistepDPMSolverSecondOrderUpdate(
  { algorithmType, solverType }: DPMSolverStepConfig,
  [m0, m1]: readonly [m0: Sample, m1: Sample],
  sample: Sample,
  [t, s0, s1]: readonly [t: SchedulePoint, s0: SchedulePoint, s1: SchedulePoint],
  noise?: Sample,
): Sample {
  const [h, h0] = [sub(t.lambda, s0.lambda), sub(s0.lambda, s1.lambda)];
  const r0 = div(h0, h);
  const [D0, D1] = [m0, m0.sub(m1).mul(div(1, r0))];
  const isMidpoint = solverType === "midpoint";
  return updateTo(algorithmType, sample, t, s0, h, { D0, D1, isMidpoint }, noise);
}

/** `multistep_dpm_solver_third_order_update`. */
export function multistepDPMSolverThirdOrderUpdate(
  { algorithmType }: DPMSolverStepConfig,
  [m0, m1, m2]: readonly [m0: Sample, m1: Sample, m2: Sample],
  sample: Sample,
  [t, s0, s1, s2]: readonly [t: SchedulePoint, s0: SchedulePoint, s1: SchedulePoint, s2: SchedulePoint],
  noise?: Sample,
): Sample {
  const [h, h0, h1] = [sub(t.lambda, s0.lambda), sub(s0.lambda, s1.lambda), sub(s1.lambda, s2.lambda)];
  const [r0, r1] = [div(h0, h), div(h1, h)];
  const D0 = m0;
  const [D1_0, D1_1] = [m0.sub(m1).mul(div(1, r0)), m1.sub(m2).mul(div(1, r1))];
  const D1 = D1_0.add(D1_0.sub(D1_1).mul(div(r0, add(r0, r1))));
  const D2 = D1_0.sub(D1_1).mul(div(1, add(r0, r1)));
  return updateTo(algorithmType, sample, t, s0, h, { D0, D1, D2 }, noise);
}

/** `singlestep_dpm_solver_second_order_update`: from s1, the point of `sample`, to t. */
export function singlestepDPMSolverSecondOrderUpdate(
  { algorithmType, solverType }: DPMSolverStepConfig,
  [m0, m1]: readonly [m0: Sample, m1: Sample],
  sample: Sample,
  [t, s0, s1]: readonly [t: SchedulePoint, s0: SchedulePoint, s1: SchedulePoint],
  noise?: Sample,
): Sample {
  const [h, h0] = [sub(t.lambda, s1.lambda), sub(s0.lambda, s1.lambda)];
  const r0 = div(h0, h);
  const [D0, D1] = [m1, m0.sub(m1).mul(div(1, r0))];
  const isMidpoint = solverType === "midpoint";
  return updateTo(algorithmType, sample, t, s1, h, { D0, D1, isMidpoint }, noise);
}

/** `singlestep_dpm_solver_third_order_update`: from s2, the point of `sample`, to t. */
export function singlestepDPMSolverThirdOrderUpdate(
  { algorithmType, solverType }: DPMSolverStepConfig,
  [m0, m1, m2]: readonly [m0: Sample, m1: Sample, m2: Sample],
  sample: Sample,
  [t, s0, s1, s2]: readonly [t: SchedulePoint, s0: SchedulePoint, s1: SchedulePoint, s2: SchedulePoint],
  noise?: Sample,
): Sample {
  const [h, h0, h1] = [sub(t.lambda, s2.lambda), sub(s0.lambda, s2.lambda), sub(s1.lambda, s2.lambda)];
  const [r0, r1] = [div(h0, h), div(h1, h)];
  const D0 = m2;
  const [D1_0, D1_1] = [m1.sub(m2).mul(div(1, r1)), m0.sub(m2).mul(div(1, r0))];
  if (solverType === "midpoint") return updateTo(algorithmType, sample, t, s2, h, { D0, D1: D1_1 }, noise);
  const D1 = D1_0.mul(r0).sub(D1_1.mul(r1)).div(sub(r0, r1));
  const D2 = D1_1.sub(D1_0).mul(2).div(sub(r0, r1));
  return updateTo(algorithmType, sample, t, s2, h, { D0, D1, D2 }, noise);
}

/** The prediction, and its first and second derivatives with respect to λ, times h. */
interface Derivatives {
  readonly D0: Sample;
  readonly D1?: Sample;
  readonly D2?: Sample;
  /** Whether D1 has the weight of the midpoint method, which only second-order steps use. */
  readonly isMidpoint?: boolean;
}

/**
 * x_t, the sample at t. Unchanged in a step between equal noise levels, where diffusers returns NaN.
 *
 * @param s - The point of `sample`.
 * @param h - λ_t − λ_s.
 */
function updateTo(
  algorithmType: DPMSolverAlgorithm,
  sample: Sample,
  { alpha: alphaT, sigma: sigmaT, lambda: lambdaT }: SchedulePoint,
  { alpha: alphaS, sigma: sigmaS, lambda: lambdaS }: SchedulePoint,
  h: number,
  { D0, D1, D2, isMidpoint = false }: Derivatives,
  noise: Sample | undefined,
): Sample {
  if (lambdaT === lambdaS) return sample;
  switch (algorithmType) {
    case "dpmsolver++": {
      // (σ_t / σ_s) · x − α_t (e^−h − 1) · D0
      const expm1 = sub(exp(-h), 1);
      let xT = sample.mul(div(sigmaT, sigmaS)).sub(D0.mul(mul(alphaT, expm1)));
      // − 0.5 · α_t (e^−h − 1) · D1, or + α_t ((e^−h − 1) / h + 1) · D1
      if (D1 !== undefined && isMidpoint) xT = xT.sub(D1.mul(mul(0.5, mul(alphaT, expm1))));
      else if (D1 !== undefined) xT = xT.add(D1.mul(mul(alphaT, add(div(expm1, h), 1))));
      // − α_t ((e^−h − 1 + h) / h² − 0.5) · D2
      if (D2 !== undefined) xT = xT.sub(D2.mul(mul(alphaT, sub(div(add(expm1, h), square(h)), 0.5))));
      return xT;
    }
    case "dpmsolver": {
      // (α_t / α_s) · x − σ_t (e^h − 1) · D0
      const expm1 = sub(exp(h), 1);
      let xT = sample.mul(div(alphaT, alphaS)).sub(D0.mul(mul(sigmaT, expm1)));
      // − 0.5 · σ_t (e^h − 1) · D1, or − σ_t ((e^h − 1) / h − 1) · D1
      if (D1 !== undefined && isMidpoint) xT = xT.sub(D1.mul(mul(0.5, mul(sigmaT, expm1))));
      else if (D1 !== undefined) xT = xT.sub(D1.mul(mul(sigmaT, sub(div(expm1, h), 1))));
      // − σ_t ((e^h − 1 − h) / h² − 0.5) · D2
      if (D2 !== undefined) xT = xT.sub(D2.mul(mul(sigmaT, sub(div(sub(expm1, h), square(h)), 0.5))));
      return xT;
    }
    case "sde-dpmsolver++": {
      // (σ_t / σ_s) e^−h · x + α_t (1 − e^−2h) · D0
      const oneMinusExp = sub(1, exp(-2 * h));
      let xT = sample.mul(mul(div(sigmaT, sigmaS), exp(-h))).add(D0.mul(mul(alphaT, oneMinusExp)));
      // + 0.5 · α_t (1 − e^−2h) · D1, or + α_t ((1 − e^−2h) / (−2h) + 1) · D1
      if (D1 !== undefined && isMidpoint) xT = xT.add(D1.mul(mul(0.5, mul(alphaT, oneMinusExp))));
      else if (D1 !== undefined) xT = xT.add(D1.mul(mul(alphaT, add(div(oneMinusExp, -2 * h), 1))));
      // + α_t ((1 − e^−2h − 2h) / (2h)² − 0.5) · D2
      if (D2 !== undefined) {
        xT = xT.add(D2.mul(mul(alphaT, sub(div(sub(oneMinusExp, 2 * h), square(2 * h)), 0.5))));
      }
      // + σ_t √(1 − e^−2h) · noise
      return noise === undefined ? xT : xT.add(noise.mul(mul(sigmaT, sqrt(oneMinusExp))));
    }
    case "sde-dpmsolver": {
      // (α_t / α_s) · x − 2 σ_t (e^h − 1) · D0
      const expm1 = sub(exp(h), 1);
      let xT = sample.mul(div(alphaT, alphaS)).sub(D0.mul(2 * mul(sigmaT, expm1)));
      // − σ_t (e^h − 1) · D1, or − 2 σ_t ((e^h − 1) / h − 1) · D1
      if (D1 !== undefined && isMidpoint) xT = xT.sub(D1.mul(mul(sigmaT, expm1)));
      else if (D1 !== undefined) xT = xT.sub(D1.mul(2 * mul(sigmaT, sub(div(expm1, h), 1))));
      // + σ_t √(e^2h − 1) · noise
      return noise === undefined ? xT : xT.add(noise.mul(mul(sigmaT, sqrt(sub(exp(2 * h), 1)))));
    }
  }
}

/** The config fields that {@link multistepDPMSolverUpdate} needs. */
export interface DPMSolverMultistepStepConfig extends DPMSolverStepConfig {
  readonly solverOrder: number;
  readonly lowerOrderFinal: boolean;
  readonly eulerAtFinal: boolean;
  readonly finalSigmasType: "zero" | "sigma_min";
}

/**
 * The final part of `step` in the multistep schedulers: the update of the step's order.
 *
 * @param modelOutputs - The converted outputs of the previous steps, newest last, at most `solverOrder`.
 * @param stepIndex - The index of the step in a run of `count` steps.
 * @param pointAt - Returns the schedule point at an index of the run.
 */
export function multistepDPMSolverUpdate(
  config: DPMSolverMultistepStepConfig,
  modelOutputs: readonly Sample[],
  sample: Sample,
  [stepIndex, count]: readonly [stepIndex: number, count: number],
  pointAt: (index: number) => SchedulePoint,
  noise?: Sample,
): Sample {
  const { solverOrder, eulerAtFinal, finalSigmasType } = config;
  // Improves numerical stability for runs with few steps.
  const isShort = config.lowerOrderFinal && count < 15;
  const isFinal = stepIndex === count - 1;
  const lowerOrderFinal = isFinal && (eulerAtFinal || isShort || finalSigmasType === "zero");
  const lowerOrderSecond = stepIndex === count - 2 && isShort;

  const [t, s0] = [pointAt(stepIndex + 1), pointAt(stepIndex)];
  const [m0, m1, m2] = modelOutputs.toReversed() as [Sample, Sample?, Sample?];
  if (solverOrder === 1 || m1 === undefined || lowerOrderFinal) {
    return dpmSolverFirstOrderUpdate(config, m0, sample, [t, s0], noise);
  }
  const s1 = pointAt(stepIndex - 1);
  if (solverOrder === 2 || m2 === undefined || lowerOrderSecond) {
    return multistepDPMSolverSecondOrderUpdate(config, [m0, m1], sample, [t, s0, s1], noise);
  }
  const s2 = pointAt(stepIndex - 2);
  return multistepDPMSolverThirdOrderUpdate(config, [m0, m1, m2], sample, [t, s0, s1, s2], noise);
}

/**
 * `singlestep_dpm_solver_update`: the update of the given order.
 *
 * @param modelOutputs - The converted outputs of the previous steps, newest last, at least `order`.
 * @param sample - The sample from which the first of these outputs was computed.
 * @param stepIndex - The index of the newest output in the run.
 * @param pointAt - Returns the schedule point at an index of the run.
 */
export function singlestepDPMSolverUpdate(
  config: DPMSolverStepConfig,
  modelOutputs: readonly Sample[],
  sample: Sample,
  [stepIndex, order]: readonly [stepIndex: number, order: number],
  pointAt: (index: number) => SchedulePoint,
  noise?: Sample,
): Sample {
  const [t, s0] = [pointAt(stepIndex + 1), pointAt(stepIndex)];
  const [m0, m1, m2] = modelOutputs.toReversed() as [Sample, Sample?, Sample?];
  if (order === 1 || m1 === undefined) return dpmSolverFirstOrderUpdate(config, m0, sample, [t, s0], noise);
  const s1 = pointAt(stepIndex - 1);
  if (order === 2 || m2 === undefined) {
    return singlestepDPMSolverSecondOrderUpdate(config, [m0, m1], sample, [t, s0, s1], noise);
  }
  const s2 = pointAt(stepIndex - 2);
  return singlestepDPMSolverThirdOrderUpdate(config, [m0, m1, m2], sample, [t, s0, s1, s2], noise);
}

/**
 * The order of each step of a singlestep DPM-Solver, diffusers' `get_order_list`: 1, 2, 3, 1, 2, 3, …, up to the order
 * in the config. The last steps have lower orders if the number of steps is not a multiple of the order, the config
 * says so, or the run ends without noise.
 *
 * @param count - The number of steps.
 */
export function singlestepOrders(
  config: Pick<DPMSolverMultistepStepConfig, "solverOrder" | "lowerOrderFinal" | "finalSigmasType">,
  count: number,
): number[] {
  const { solverOrder, lowerOrderFinal, finalSigmasType } = config;
  const orders = Array.from({ length: count }, (_, index) => (index % solverOrder) + 1);
  const endsAtZero = finalSigmasType === "zero";
  const isLowered = lowerOrderFinal || endsAtZero || count % solverOrder !== 0;
  if (isLowered && solverOrder === 3 && count % 3 === 0) orders.splice(-3, 3, 1, 2, 1);
  else if (isLowered && count % solverOrder === 0) orders[count - 1] = 1;
  if (endsAtZero) orders[count - 1] = 1;
  return orders;
}
