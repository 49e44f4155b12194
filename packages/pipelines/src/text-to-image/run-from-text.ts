import { randnTensor, type Tensor } from "@onestep/core";
import { withNoiseAhead } from "../sampling/noise-ahead.ts";
import { checkLatents, resolveGenerator } from "../sampling/resolve-batch.ts";
import type { RunContext } from "./latent-diffusion-pipeline.ts";
import { requireChannels } from "./latent-diffusion-pipeline.ts";
import { decodeLatents, type LatentPipelineOutput } from "./latent-images.ts";
import { runLatentSteps, setTimesteps } from "./latent-run.ts";
import { type LatentOutputType, type PromptRunOptions, resolveSize } from "./options.ts";

/** The differences between pipelines. */
export interface RunSettings {
  /** The default of `numInferenceSteps`. */
  readonly defaultInferenceSteps: number;
  /** Arguments for the scheduler's step besides the generator. */
  readonly stepOptions?: object | undefined;
  /** Whether to decode the scheduler's `denoised` output. */
  readonly usesDenoised?: boolean | undefined;
  /** The timesteps of a run to use; all by default. */
  readonly cut?: ((timesteps: Float64Array) => Float64Array) | undefined;
}

/**
 * Generates images from text. Validates all options, then encodes the prompts and draws the latents.
 *
 * @throws InvalidArgumentError if an option is invalid.
 */
export async function runFromText<Output extends LatentOutputType>(
  { pipeline, vae, unet, scheduler, conditions, defaultSize }: RunContext,
  options: PromptRunOptions & { readonly outputType?: Output | undefined },
  settings: RunSettings,
): Promise<LatentPipelineOutput<Output>> {
  const { signal } = options;
  const { latentChannels } = vae.config;
  const remedy = "Load a model for inpainting with a pipeline for inpainting.";
  requireChannels(pipeline, unet.config.inChannels, [latentChannels], remedy);
  const size = resolveSize(options, defaultSize, Math.max(8, vae.scaleFactor));
  const shape = latentShape({ vae, batch: conditions.batch, size });
  const given = resolveGenerator(options, conditions.batch);
  checkLatents(options, shape);
  setTimesteps(scheduler, options, settings.defaultInferenceSteps);
  const generator = withNoiseAhead(given, shape);
  const predict = (await conditions.encode(size))();
  const noise: Tensor<"float32"> = options.latents ?? randnTensor(shape, generator);
  const latents = await runLatentSteps(
    {
      ...settings,
      scheduler,
      timesteps: settings.cut?.(scheduler.timesteps) ?? scheduler.timesteps,
      generator,
      latents: noise.mul(scheduler.initNoiseSigma),
      predict,
    },
    options,
  );
  return decodeLatents(vae, latents, options.outputType, signal);
}

/** The latent shape of images. */
export function latentShape({
  vae,
  batch,
  size,
}: Pick<RunContext, "vae"> & {
  readonly batch: number;
  readonly size: { readonly height: number; readonly width: number };
}): readonly number[] {
  const { scaleFactor, config } = vae;
  return [batch, config.latentChannels, size.height / scaleFactor, size.width / scaleFactor];
}
