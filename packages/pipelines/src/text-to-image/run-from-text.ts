import { randnTensor, type Tensor } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import type { Scheduler } from "@onestep/schedulers";
import { withNoiseAhead } from "../sampling/noise-ahead.ts";
import { checkLatents, resolveGenerator } from "../sampling/resolve-batch.ts";
import type { RunContext } from "./latent-diffusion-pipeline.ts";
import { requireChannels } from "./latent-diffusion-pipeline.ts";
import { decodeLatents, type LatentPipelineOutput, type LatentSpace } from "./latent-images.ts";
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
  { pipeline, latentSpace, unet, scheduler, conditions, defaultSize }: RunContext,
  options: PromptRunOptions & { readonly outputType?: Output | undefined },
  settings: RunSettings,
): Promise<LatentPipelineOutput<Output>> {
  const { signal } = options;
  const { vae } = latentSpace;
  const { latentChannels } = vae.config;
  const remedy = "Load a model for inpainting with a pipeline for inpainting.";
  requireChannels(pipeline, unet.config.inChannels, [latentChannels], remedy);
  const size = resolveSize(options, defaultSize, Math.max(8, vae.scaleFactor));
  const shape = latentShape({ vae, batch: conditions.batch, size });
  const given = resolveGenerator(options, conditions.batch);
  checkLatents(options, shape);
  setTimesteps(scheduler, options, settings.defaultInferenceSteps);
  warnOfLateStart(scheduler);
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
  return decodeLatents(latentSpace, latents, options.outputType, signal);
}

/** Warns if the run starts from pure noise at a timestep of images that are almost finished. */
function warnOfLateStart({ timesteps, length, config }: Scheduler): void {
  const [first = 0] = timesteps;
  if (first >= length / 2) return;
  const { timestepSpacing } = config as { readonly timestepSpacing?: unknown };
  const advice =
    timestepSpacing === undefined || timestepSpacing === "trailing"
      ? "Take more steps."
      : `Take more steps, or a scheduler whose timestepSpacing is "trailing" (this one's is ${JSON.stringify(timestepSpacing)}).`;
  warn(
    `The first of ${timesteps.length} ${timesteps.length === 1 ? "step is" : "steps is"} at timestep ${first} of ${length}, where images are almost finished, and the image starts as noise. ${advice}`,
    "scheduler",
  );
}

/** The latent shape of images. */
export function latentShape({
  vae,
  batch,
  size,
}: Pick<LatentSpace, "vae"> & {
  readonly batch: number;
  readonly size: { readonly height: number; readonly width: number };
}): readonly number[] {
  const { scaleFactor, config } = vae;
  return [batch, config.latentChannels, size.height / scaleFactor, size.width / scaleFactor];
}
