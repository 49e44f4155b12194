import type { Tensor } from "@onestep/core";
import type { DPMSolverWeights } from "../sigmas/dpm-solver-weights.ts";

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
