import type { Tensor } from "@onestep/core";
import * as float32 from "../arithmetic/float32.ts";
import type { PredictionType } from "./prediction-type.ts";

/**
 * The prediction of the clean sample: for `"epsilon"` formula (15) of Ho et al. 2020 (arXiv:2006.11239).
 *
 * @param alphaProd - ᾱ of the timestep, a float32 number.
 */
export function predictOriginalSample(
  predictionType: PredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  alphaProd: number,
): Tensor<"float32"> {
  const signal = float32.sqrt(alphaProd);
  const deviation = float32.sqrt(float32.sub(1, alphaProd));
  switch (predictionType) {
    case "epsilon":
      return sample.sub(modelOutput.mul(deviation)).div(signal);
    case "sample":
      return modelOutput;
    case "v_prediction":
      return sample.mul(signal).sub(modelOutput.mul(deviation));
  }
}
