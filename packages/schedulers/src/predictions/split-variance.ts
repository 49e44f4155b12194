import { InvalidArgumentError, Tensor } from "@onestep/core";

/** The two halves of a model's output that holds a prediction and a variance. */
export interface SplitOutput {
  readonly modelOutput: Tensor<"float32">;
  readonly predictedVariance: Tensor<"float32">;
}

/**
 * Splits the output of a model that learned its variance, [batch, 2 · channels, …], into prediction and variance.
 *
 * @param subject - The method, for the message.
 * @param sample - [batch, channels, …]
 * @throws InvalidArgumentError where the output has not twice the channels of the sample.
 */
export function splitVariance(
  subject: string,
  modelOutput: Tensor<"float32">,
  sample: Tensor<"float32">,
): SplitOutput {
  const [batchSize = 0, channels = 0, ...rest] = sample.shape;
  const expected = [batchSize, 2 * channels, ...rest];
  const isDouble = `${modelOutput.shape}` === `${expected}` && sample.shape.length >= 2;
  if (!isDouble) {
    throw new InvalidArgumentError({
      subject: `${subject}: modelOutput`,
      found: `${modelOutput.describe()} for a sample of ${sample.describe()}`,
      expected: "twice the channels of the sample, the second half being the variance that the model learned",
      remedy: "Use a model that predicts its variance, or a `varianceType` of fixed_small or fixed_large.",
    });
  }
  const halves = [0, 1].map((half) =>
    Tensor.concat(
      Array.from({ length: batchSize }, (_, item) => {
        const channelsOfItem = modelOutput.slice(item, item + 1).reshape([2 * channels, ...rest]);
        const part = channelsOfItem.slice(half * channels, (half + 1) * channels);
        return part.reshape([1, channels, ...rest]);
      }),
    ),
  );
  return { modelOutput: halves[0] as Tensor<"float32">, predictedVariance: halves[1] as Tensor<"float32"> };
}
