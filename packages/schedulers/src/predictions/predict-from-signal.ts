import type { Tensor } from "@onestep/core";
import type { SignalAndNoise } from "../sigmas/signal-and-noise.ts";
import type { PredictionType } from "./prediction-type.ts";

/** What a model predicts that an ODE solver steps with: a {@link PredictionType}, or the flow from signal to noise. */
export type SolverPredictionType = PredictionType | "flow_prediction";

/** Every {@link SolverPredictionType}. */
export const solverPredictionTypes: readonly SolverPredictionType[] = [
  "epsilon",
  "sample",
  "v_prediction",
  "flow_prediction",
];

/**
 * The prediction of the clean sample, in float32.
 *
 * @param sigma - The noise level of the sample, a float32 number, that `at` follows from.
 */
export function originalFromSignal(
  predictionType: SolverPredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  at: SignalAndNoise,
  sigma: number,
): Tensor<"float32"> {
  switch (predictionType) {
    case "epsilon":
      return sample.sub(modelOutput.mul(at.noise)).div(at.signal);
    case "sample":
      return modelOutput;
    case "v_prediction":
      return sample.mul(at.signal).sub(modelOutput.mul(at.noise));
    case "flow_prediction":
      return sample.sub(modelOutput.mul(sigma));
  }
}

/**
 * The prediction of the noise, in float32.
 *
 * @param predictionType - For `"flow_prediction"` it is that beside the prediction of the clean sample.
 */
export function noiseFromSignal(
  predictionType: SolverPredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  at: SignalAndNoise,
  sigma: number,
): Tensor<"float32"> {
  switch (predictionType) {
    case "epsilon":
      return modelOutput;
    case "v_prediction":
      return modelOutput.mul(at.signal).add(sample.mul(at.noise));
    default:
      return noiseBesideSignal(
        originalFromSignal(predictionType, sample, modelOutput, at, sigma),
        sample,
        at,
      );
  }
}

/** The noise that a sample holds besides the clean one, in float32. */
export function noiseBesideSignal(
  originalSample: Tensor<"float32">,
  sample: Tensor<"float32">,
  at: SignalAndNoise,
): Tensor<"float32"> {
  return sample.sub(originalSample.mul(at.signal)).div(at.noise);
}
