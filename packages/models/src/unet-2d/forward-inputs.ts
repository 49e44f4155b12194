import { describeValue, InvalidArgumentError, type Tensor } from "@onestep/core";
import { checkTimesteps, spread } from "./check-timesteps.ts";
import { classLabelTensor } from "./class-label-tensor.ts";
import { leastSizeOf, sampleSizeOf, sizeFactorOf } from "./sample-size.ts";
import { timeTensor, unet2DGraphNames } from "./time-embedding.ts";
import type { UNet2DModelForwardOptions } from "./unet-2d-model.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/**
 * The inputs of the graph for a forward pass, by name; single values are spread over the batch.
 *
 * @throws InvalidArgumentError where shape, timesteps or labels do not fit the configuration.
 */
export function forwardInputs(
  config: UNet2DModelConfigValues,
  options: UNet2DModelForwardOptions,
): Record<string, Tensor> {
  const { sample } = options;
  const batch = checkSample(config, sample);
  const timesteps = spread("timestep", options.timestep, batch);
  checkTimesteps("timestep", config, timesteps, "Pass one of `scheduler.timesteps`.");
  const labels = classLabelTensor(config, options.classLabels, batch);
  return {
    [unet2DGraphNames.sample]: sample,
    [unet2DGraphNames.timestep(config)]: timeTensor(config, timesteps),
    ...(labels === undefined ? {} : { [unet2DGraphNames.classLabels]: labels }),
  };
}

/** @returns The number of images. */
function checkSample(config: UNet2DModelConfigValues, sample: Tensor<"float32">): number {
  const [batch = 0, channels = 0, height = 0, width = 0, ...rest] = sample?.shape ?? [];
  const factor = sizeFactorOf(config);
  const least = leastSizeOf(config);
  const isSize = [height, width].every((size) => size >= least && size % factor === 0);
  if (
    sample?.dtype === "float32" &&
    batch >= 1 &&
    channels === config.inChannels &&
    rest.length === 0 &&
    isSize
  ) {
    return batch;
  }
  const own = sampleSizeOf(config);
  throw new InvalidArgumentError({
    subject: "sample",
    found: sample?.dtype === undefined ? describeValue(sample) : sample.describe(),
    expected: `float32 [batch, ${config.inChannels}, ${own.height}, ${own.width}]${factor === 1 ? "" : `, or another height and width that are multiples of ${factor}`}`,
    remedy: "Pass images of the size that the model was made for.",
  });
}
