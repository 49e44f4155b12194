import { RasterImage, type Tensor } from "@onestep/core";
import type { DiffusionPipelineBase } from "../pipeline.ts";

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
 * Estimates what latents will look like, without the autoencoder: pictures of the size of the latents, an eighth of the
 * image, by a linear map from latent channels to colours. For previews of a run's steps.
 *
 * @param latents - float32 [batch, 4, height, width], scaled as the UNet expects them: `event.latents`, or
 * `event.predOriginalSample`, which has no noise.
 * @returns One picture for each; none for latents of another number of channels.
 *
 * @example
 * await pipe.generate({
 *   prompt: "a lighthouse in a storm",
 *   async onStepEnd({ step, latents, predOriginalSample }) {
 *     const [picture] = estimateLatentImages(pipe, predOriginalSample ?? latents);
 *     await picture?.save(`step-${step}.png`);
 *   },
 * });
 */
export function estimateLatentImages(
  pipe: Pick<DiffusionPipelineBase, "className">,
  latents: Tensor<"float32">,
): readonly RasterImage[] {
  const [count = 0, channels = 0, height = 0, width = 0] = latents.shape;
  if (channels !== 4) return [];
  const { factors, biases } = pipe.className.startsWith("StableDiffusionXL")
    ? stableDiffusionXL
    : stableDiffusion;
  const area = height * width;
  return Array.from({ length: count }, (_, item) => {
    const data = new Uint8ClampedArray(3 * area);
    for (let pixel = 0; pixel < area; pixel += 1) {
      for (let color = 0; color < 3; color += 1) {
        let value = biases[color] ?? 0;
        for (let channel = 0; channel < channels; channel += 1) {
          const latent = latents.data[(item * channels + channel) * area + pixel] ?? 0;
          value += latent * (factors[channel]?.[color] ?? 0);
        }
        data[3 * pixel + color] = value;
      }
    }
    return new RasterImage({ width, height, channels: 3, data: new Uint8Array(data.buffer) });
  });
}
