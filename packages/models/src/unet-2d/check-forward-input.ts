import { InvalidArgumentError } from "@onestep/core";
import { resolveClassLabels } from "./resolve-class-labels.ts";
import { sampleSizeOf } from "./sample-size.ts";
import type { UNet2DModelForwardOptions } from "./unet-2d-model.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** Inputs of a forward pass, one of each per image. */
export interface ForwardInput {
  readonly timesteps: readonly number[];
  readonly classLabels: BigInt64Array | undefined;
}

/**
 * Checks what goes into a forward pass and spreads single values over the batch.
 *
 * @throws InvalidArgumentError where shape, timesteps or labels do not fit the configuration.
 */
export function checkForwardInput(
  config: UNet2DModelConfigValues,
  options: UNet2DModelForwardOptions,
): ForwardInput {
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
  const timesteps = spread(options.timestep, batch);
  if (!timesteps.every(Number.isFinite)) {
    throw new InvalidArgumentError({
      subject: "timestep",
      found: timesteps.join(", "),
      expected: "finite numbers",
      remedy: "Pass one of `scheduler.timesteps`.",
    });
  }
  return { timesteps, classLabels: requireClassLabels(config, options.classLabels, batch) };
}

function requireClassLabels(
  config: UNet2DModelConfigValues,
  classLabels: number | ArrayLike<number> | undefined,
  batchSize: number,
): BigInt64Array | undefined {
  const { numClassEmbeds } = config;
  const labels = resolveClassLabels({ numClassEmbeds, classLabels, batchSize });
  if (labels !== undefined) return BigInt64Array.from(labels, BigInt);
  if (numClassEmbeds === null) return undefined;
  throw new InvalidArgumentError({
    subject: "class_labels should be provided when doing class conditioning",
    found: "no classLabels",
    expected: `one class, or one per image, each from 0 to ${numClassEmbeds - 1}`,
    remedy: "Pass `classLabels`.",
  });
}

function spread(timestep: number | ArrayLike<number>, batch: number): readonly number[] {
  const timesteps = typeof timestep === "number" ? [timestep] : Array.from(timestep);
  if (timesteps.length === batch) return timesteps;
  if (timesteps.length === 1) return new Array<number>(batch).fill(timesteps[0] as number);
  throw new InvalidArgumentError({
    subject: "timestep",
    found: `${timesteps.length} values`,
    expected: `1, or ${batch}, one per image`,
    remedy: "Pass one for all images, or one for each.",
  });
}
