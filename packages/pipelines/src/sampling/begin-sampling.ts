import { type Generator, randnTensor, Tensor } from "@onestep/core";
import { resolveClassLabels, sampleSizeOf, type UNet2DModel } from "@onestep/models";
import type { Scheduler } from "@onestep/schedulers";
import type { PipelineComponents } from "../pipeline-components.ts";
import { drawClassLabels } from "./draw-class-labels.ts";
import type { GenerateOptions } from "./generate-options.ts";
import { checkOutputType } from "./image-pipeline-output.ts";
import { prepareNoise, withNoiseAhead } from "./noise-ahead.ts";
import { requireRunnable } from "./require-runnable.ts";
import { checkLatents, resolveBatch } from "./resolve-batch.ts";
import { setTimesteps } from "./set-timesteps.ts";

/** What a run from noise to images begins with. */
export interface SamplingRun {
  readonly unet: UNet2DModel;
  /** Of this run alone, its timesteps set. */
  readonly scheduler: Scheduler;
  readonly generator: Generator | readonly Generator[];
  /** The class of each image, given or drawn; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
  /** The noise of variance 1 that the first sample is made of. */
  readonly latents: Tensor<"float32">;
  /** The first sample: noise at the level that the scheduler begins with, [batch, channels, height, width]. */
  readonly sample: Tensor<"float32">;
}

/** What a pipeline's runs have in common. */
export interface RunSettings {
  /** How many steps a run takes where nobody says. */
  readonly defaultInferenceSteps: number;
  /** Whether a run begins with noise, by default; else nothing is drawn for it, and it begins with zeros. */
  readonly isNoisy?: boolean | undefined;
}

/**
 * Begins a run from noise. All options are checked first; then the latents are drawn, then the labels where the model has
 * classes and none are given.
 *
 * @throws InvalidArgumentError where an option is wrong.
 */
export async function beginSampling(
  { unet, scheduler: shared }: PipelineComponents,
  options: GenerateOptions,
  { defaultInferenceSteps, isNoisy = true }: RunSettings,
): Promise<SamplingRun> {
  checkOutputType(options.outputType);
  requireRunnable({ config: unet.config, scheduler: shared, outputType: options.outputType });
  const { batchSize, generator: given } = resolveBatch(options);
  const { inChannels, numClassEmbeds } = unet.config;
  const { height, width } = sampleSizeOf(unet.config);
  const shape = [batchSize, inChannels, height, width];
  checkLatents(options, shape);
  const givenLabels = resolveClassLabels({ ...unet.config, classLabels: options.classLabels, batchSize });
  const scheduler = shared.clone();
  setTimesteps(scheduler, options, defaultInferenceSteps);
  options.signal?.throwIfAborted();

  const generator = withNoiseAhead(given, shape);
  if (isNoisy && options.latents === undefined) await prepareNoise(generator, shape);
  options.signal?.throwIfAborted();
  const latents = options.latents ?? (isNoisy ? randnTensor(shape, generator) : Tensor.zeros(shape));
  const classLabels =
    givenLabels ??
    (numClassEmbeds === null ? undefined : drawClassLabels(numClassEmbeds, batchSize, generator));
  const sample = latents.mul(scheduler.initNoiseSigma);
  return { unet, scheduler, generator, classLabels, latents, sample };
}
