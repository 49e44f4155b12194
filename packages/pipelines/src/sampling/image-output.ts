import { InvalidArgumentError, imageFromTensor, type RasterImage, type Tensor } from "@onestep/core";
import { describeValue, nextTask } from "@onestep/core/internal";
import type { OutputType } from "./generate-options.ts";

/** The result of a pipeline's `generate`. */
export interface ImagePipelineOutput<Output extends OutputType = "image"> {
  /** One RasterImage per image, or one float32 tensor [batch, channels, height, width] in [0, 1]. */
  readonly images: Output extends "tensor" ? Tensor<"float32"> : readonly RasterImage[];
}

/** @throws InvalidArgumentError unless `outputType` is one of the output types. */
export function checkOutputType(outputType: string | undefined): void {
  if (outputType === undefined || outputType === "image" || outputType === "tensor") return;
  throw new InvalidArgumentError({
    subject: "outputType",
    found: describeValue(outputType),
    expected: '"image" or "tensor"',
    remedy: 'Use "image" for pictures to save, "tensor" for numbers.',
  });
}

/**
 * Converts pixels to images, yielding to the event loop after each.
 *
 * @param pixels - [batch, channels, height, width], 0 to 1; values beyond are clamped.
 */
export async function toOutput<Output extends OutputType>(
  pixels: Tensor<"float32">,
  outputType: Output | undefined,
): Promise<ImagePipelineOutput<Output>> {
  const clamped = pixels.clamp(0, 1);
  const images = outputType === "tensor" ? clamped : await toImages(clamped);
  return { images } as ImagePipelineOutput<Output>;
}

async function toImages(pixels: Tensor<"float32">): Promise<readonly RasterImage[]> {
  const images: RasterImage[] = [];
  const [batchSize = 0] = pixels.shape;
  for (let item = 0; item < batchSize; item += 1) {
    await nextTask();
    images.push(imageFromTensor(pixels, item));
  }
  return images;
}

/** Maps the models' range, −1 to 1, to pixels from 0 to 1. */
export function toPixels(sample: Tensor<"float32">): Tensor<"float32"> {
  return sample.div(2).add(0.5);
}
