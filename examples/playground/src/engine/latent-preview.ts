import { AutoencoderTiny, estimateLatentImages, type Tensor, type TextToImagePipeline } from "onestep";
import { frameOfImage, framesOfSample } from "./frames.ts";
import type { Frame, PreviewKind } from "./messages.ts";

/** Turns the latents of a step into preview pictures. */
export interface LatentPreview {
  readonly kind: PreviewKind;
  /** @param latents - [batch, channels, height, width], scaled as the UNet expects them. */
  readonly draw: (latents: Tensor<"float32">) => Promise<readonly Frame[]>;
}

/**
 * Chooses how to preview the steps of a pipeline: with its own decoder if that is a small one, else with a separately
 * loaded small decoder, else with a linear estimate at the resolution of the latents.
 */
export function latentPreviewOf(
  pipe: TextToImagePipeline,
  beside: AutoencoderTiny | undefined,
): LatentPreview {
  const own = pipe.vae instanceof AutoencoderTiny ? pipe.vae : undefined;
  const decoder = own ?? beside;
  if (decoder !== undefined) {
    return {
      kind: "tiny",
      draw: async (latents) => {
        const { sample } = await decoder.decode(latents.div(decoder.config.scalingFactor));
        return framesOfSample(sample.clamp(-1, 1));
      },
    };
  }
  if (pipe.vae.config.latentChannels !== 4) return { kind: "none", draw: async () => [] };
  return { kind: "linear", draw: async (latents) => estimateLatentImages(pipe, latents).map(frameOfImage) };
}
