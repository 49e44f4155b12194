import { InvalidConfigError } from "@onestep/core";
import { findBlockType, upBlockTypes } from "./block-types.ts";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/** Height and width of the images in pixels. @throws InvalidConfigError where `sampleSize` is not given. */
export function sampleSizeOf(config: UNet2DModelConfigValues): {
  readonly height: number;
  readonly width: number;
} {
  const { sampleSize } = config;
  const [height, width, ...rest] =
    typeof sampleSize === "number" ? [sampleSize, sampleSize] : (sampleSize ?? []);
  if (rest.length > 0 || height === undefined || width === undefined || height < 1 || width < 1) {
    throw new InvalidConfigError({
      subject: "UNet2DModel config: sample_size",
      found: JSON.stringify(sampleSize),
      expected: "a positive integer, or a list of height and width",
      remedy: "Set it to the size of the images that the model was trained on.",
    });
  }
  return { height, width };
}

/** What height and width are multiples of: each block but the last halves the image. */
export function sizeFactorOf(config: Pick<UNet2DModelConfigValues, "blockOutChannels">): number {
  return 2 ** (config.blockOutChannels.length - 1);
}

/** The smallest height and width. Blocks of k-diffusion mirror the image at its edges, and want more than one pixel. */
export function leastSizeOf(config: UNet2DModelConfigValues): number {
  const factor = sizeFactorOf(config);
  const mirrors = findBlockType(upBlockTypes, config.upBlockTypes[0] as string)?.family === "k";
  return mirrors && factor > 1 ? factor + 1 : factor;
}
