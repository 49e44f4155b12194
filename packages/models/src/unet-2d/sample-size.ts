import { InvalidConfigError } from "@onestep/core";
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
