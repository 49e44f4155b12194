import type { Tensor } from "@onestep/core";
import * as float32 from "../arithmetic/float32.ts";
import type { PredictionType } from "./prediction-type.ts";

/**
 * The prediction of the clean sample, of one that is the clean sample with noise of level `sigma` added, in float32.
 *
 * @param sigma - A float32 number.
 */
export function predictOriginalAtSigma(
  predictionType: PredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  sigma: number,
): Tensor<"float32"> {
  switch (predictionType) {
    case "epsilon":
      return sample.sub(modelOutput.mul(sigma));
    case "sample":
      return modelOutput;
    case "v_prediction": {
      const variance = float32.add(float32.square(sigma), 1);
      return modelOutput.mul(float32.div(-sigma, float32.sqrt(variance))).add(sample.div(variance));
    }
  }
}
