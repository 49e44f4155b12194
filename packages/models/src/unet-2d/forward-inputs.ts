import { InvalidArgumentError, type Tensor } from "@onestep/core";
import { checkTimesteps, spread } from "./check-timesteps.ts";
import { classLabelTensor } from "./class-label-tensor.ts";
import { sampleSizeOf } from "./sample-size.ts";
import { timeTensor } from "./time-projection.ts";
import { unet2DGraphNames } from "./unet-2d-graph-names.ts";
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
  const { height, width } = sampleSizeOf(config);
  const [batch = 0, ...imageShape] = sample.shape;
  const expected = [config.inChannels, height, width];
  if (sample.dtype !== "float32" || batch < 1 || imageShape.join() !== expected.join()) {
    throw new InvalidArgumentError({
      subject: "sample",
      found: sample.describe(),
      expected: `float32 [batch, ${expected.join(", ")}]`,
      remedy: "Pass images of the size that the model was made for.",
    });
  }
  const timesteps = spread("timestep", options.timestep, batch);
  checkTimesteps("timestep", config, timesteps, "Pass one of `scheduler.timesteps`.");
  const labels = classLabelTensor(config, options.classLabels, batch);
  return {
    [unet2DGraphNames.sample]: sample,
    [unet2DGraphNames.timestep(config)]: timeTensor(config, timesteps),
    ...(labels === undefined ? {} : { [unet2DGraphNames.classLabels]: labels }),
  };
}
