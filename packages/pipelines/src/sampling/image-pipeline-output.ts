import { InvalidArgumentError, imagesFromTensor, type RasterImage, type Tensor } from "@onestep/core";
import type { OutputType } from "./generate-options.ts";

/** What a pipeline's `generate` returns. */
export interface ImagePipelineOutput<Output extends OutputType = "image"> {
  /** One RasterImage per image, or one float32 tensor [batch, channels, height, width] in [0, 1]. */
  readonly images: Output extends "tensor" ? Tensor<"float32"> : readonly RasterImage[];
}

/** @throws InvalidArgumentError where `outputType` is none. */
export function checkOutputType(outputType: string | undefined): void {
  if (outputType === undefined || outputType === "image" || outputType === "tensor") return;
  throw new InvalidArgumentError({
    subject: "outputType",
    found: JSON.stringify(outputType) ?? String(outputType),
    expected: '"image" or "tensor"',
    remedy: 'Use "image" for pictures to save, "tensor" for numbers.',
  });
}

/** @param pixels - [batch, channels, height, width], 0 to 1; what is beyond is clamped. */
export function toOutput<Output extends OutputType>(
  pixels: Tensor<"float32">,
  outputType: Output | undefined,
): ImagePipelineOutput<Output> {
  const clamped = pixels.clamp(0, 1);
  const images = outputType === "tensor" ? clamped : imagesFromTensor(clamped);
  return { images } as ImagePipelineOutput<Output>;
}

/** From the range that models work in, −1 to 1, to that of pixels, 0 to 1. */
export function toPixels(sample: Tensor<"float32">): Tensor<"float32"> {
  return sample.div(2).add(0.5);
}
