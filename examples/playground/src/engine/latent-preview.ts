import { AutoencoderTiny, type Tensor, type TextToImagePipeline } from "onestep";
import { framesOfSample } from "./frames.ts";
import type { Frame, PreviewKind } from "./messages.ts";

/** Turns the latents of a step into preview pictures. */
export interface LatentPreview {
  readonly kind: PreviewKind;
  /** @param latents - [batch, channels, height, width], scaled as the UNet expects them. */
  readonly draw: (latents: Tensor<"float32">) => Promise<readonly Frame[]>;
}

/** Red, green and blue (0 to 255) as a linear function of the four latent channels. */
interface LatentColors {
  /** For each latent channel: red, green and blue. */
  readonly factors: readonly (readonly [red: number, green: number, blue: number])[];
  readonly biases: readonly [red: number, green: number, blue: number];
}

/**
 * For Stable Diffusion 1: least-squares fit by Kevin Turner, "Decoding latents to RGB without upscaling"
 * (discuss.huggingface.co/t/23204), for values in [−1, 1].
 */
const stableDiffusion: LatentColors = {
  factors: [
    [0.298, 0.207, 0.208],
    [0.187, 0.286, 0.173],
    [-0.158, 0.189, 0.264],
    [-0.184, -0.271, -0.473],
  ].map(([red = 0, green = 0, blue = 0]) => [127.5 * red, 127.5 * green, 127.5 * blue] as const),
  biases: [127.5, 127.5, 127.5],
};

/**
 * For Stable Diffusion XL: Timothy Alexis Vass, "Explaining the SDXL latent space", and `latents_to_rgb` in diffusers'
 * guide to callbacks.
 */
const stableDiffusionXL: LatentColors = {
  factors: [
    [60, 60, 60],
    [-60, -5, 10],
    [25, 15, -5],
    [-70, -50, -35],
  ],
  biases: [150, 140, 130],
};

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
  const colors = pipe.className.includes("XL") ? stableDiffusionXL : stableDiffusion;
  return { kind: "linear", draw: async (latents) => estimateFrames(latents, colors) };
}

/** Estimates pictures from four-channel latents, one pixel per latent. */
export function estimateFrames(
  { shape, data }: Tensor<"float32">,
  { factors, biases }: LatentColors,
): readonly Frame[] {
  const [batchSize = 0, channels = 0, height = 0, width = 0] = shape;
  const area = width * height;
  return Array.from({ length: batchSize }, (_, item) => {
    const rgba = new Uint8ClampedArray(4 * area).fill(255);
    for (let pixel = 0; pixel < area; pixel += 1) {
      for (let color = 0; color < 3; color += 1) {
        let value = biases[color] ?? 0;
        for (let channel = 0; channel < channels; channel += 1) {
          const latent = data[(item * channels + channel) * area + pixel] ?? 0;
          value += latent * (factors[channel]?.[color] ?? 0);
        }
        rgba[4 * pixel + color] = value;
      }
    }
    return { width, height, rgba };
  });
}

/** The linear estimates, by latent space. */
export const latentColors: Readonly<Record<"stableDiffusion" | "stableDiffusionXL", LatentColors>> = {
  stableDiffusion,
  stableDiffusionXL,
};
