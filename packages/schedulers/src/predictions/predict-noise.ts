import type { Tensor } from "@onestep/core";
import * as float32 from "../arithmetic/float32.ts";
import type { PredictionType } from "./prediction-type.ts";

/**
 * The prediction of the noise in a sample.
 *
 * @param alphaProd - ᾱ of the timestep, a float32 number.
 */
export function predictNoise(
  predictionType: PredictionType,
  sample: Tensor<"float32">,
  modelOutput: Tensor<"float32">,
  alphaProd: number,
): Tensor<"float32"> {
  switch (predictionType) {
    case "epsilon":
      return modelOutput;
    case "sample":
      return noiseBeside(modelOutput, sample, alphaProd);
    case "v_prediction":
      return modelOutput
        .mul(float32.sqrt(alphaProd))
        .add(sample.mul(float32.sqrt(float32.sub(1, alphaProd))));
  }
}

/** The noise that a sample holds besides the clean one: `(sample − √ᾱ · originalSample) / √(1 − ᾱ)`. */
export function noiseBeside(
  originalSample: Tensor<"float32">,
  sample: Tensor<"float32">,
  alphaProd: number,
): Tensor<"float32"> {
  const deviation = float32.sqrt(float32.sub(1, alphaProd));
  return sample.sub(originalSample.mul(float32.sqrt(alphaProd))).div(deviation);
}
