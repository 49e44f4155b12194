import type { OptionNames } from "@onestep/core/internal/known-options";
import type { PipelineLoader } from "../pipeline-types.ts";
import { readOptions } from "../sampling/generate-options.ts";
import { LatentConsistencyModelPipelineBase } from "./latent-diffusion-pipeline.ts";
import type { LatentPipelineOutput } from "./latent-images.ts";
import {
  type LatentOutputType,
  noiseOptionNames,
  promptOptionNames,
  type TextToImageOptions,
} from "./options.ts";
import { type ImageToImageOptions, imageOptionNames, runFromImage } from "./run-from-image.ts";
import { runFromText } from "./run-from-text.ts";

/** Options of {@link LatentConsistencyModelPipeline.generate}. */
export interface LatentConsistencyModelGenerateOptions<Output extends LatentOutputType = LatentOutputType>
  extends TextToImageOptions<Output> {
  /** 4 by default; 1 to 8 are sensible. */
  readonly numInferenceSteps?: number | undefined;
  /** 8.5 by default. The model embeds it and runs once per step; there is no negative prompt. */
  readonly guidanceScale?: number | undefined;
  /** The number of steps the model was distilled from; read from the scheduler's config by default. */
  readonly originalInferenceSteps?: number | undefined;
}

const defaultGuidanceScale = 8.5;
const defaultInferenceSteps = 4;

const latentConsistencyModelOptions: OptionNames<LatentConsistencyModelGenerateOptions> = {
  ...promptOptionNames,
  ...noiseOptionNames,
  originalInferenceSteps: true,
};

/**
 * Generates images from text in 1 to 8 steps with a latent consistency model (Luo et al., 2023); diffusers'
 * `LatentConsistencyModelPipeline`.
 *
 * @example
 * const pipe = await LatentConsistencyModelPipeline.fromPretrained("SimianLuo/LCM_Dreamshaper_v7");
 * const { images } = await pipe.generate({ prompt: "a lighthouse in a storm, oil on canvas", seed: 0 });
 */
export class LatentConsistencyModelPipeline extends LatentConsistencyModelPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<LatentConsistencyModelPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "LatentConsistencyModelPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = defaultGuidanceScale;

  /**
   * Generates images. Random numbers are drawn for the latents first, then for each step but the last, in diffusers'
   * order.
   *
   * @throws InvalidArgumentError if an option is invalid; thrown before any work.
   * @throws ImageError if a step produces non-finite values.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends LatentOutputType = "image">(
    given: LatentConsistencyModelGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(given, "LatentConsistencyModelPipeline", latentConsistencyModelOptions);
    const context = this.begin(options, LatentConsistencyModelPipeline.defaultGuidanceScale);
    return runFromText(context, options, { defaultInferenceSteps, usesDenoised: true });
  }
}

/** Options of {@link LatentConsistencyModelImg2ImgPipeline.generate}. */
export interface LatentConsistencyModelImg2ImgGenerateOptions<
  Output extends LatentOutputType = LatentOutputType,
> extends Omit<LatentConsistencyModelGenerateOptions<Output>, "height" | "width" | "latents">,
    ImageToImageOptions {
  /** 0.8 by default. */
  readonly strength?: number | undefined;
}

const latentConsistencyModelImg2ImgOptions: OptionNames<LatentConsistencyModelImg2ImgGenerateOptions> = {
  ...promptOptionNames,
  ...imageOptionNames,
  originalInferenceSteps: true,
};

/**
 * Transforms images according to a prompt in 1 to 8 steps with a latent consistency model; diffusers'
 * `LatentConsistencyModelImg2ImgPipeline`.
 *
 * @example
 * const pipe = LatentConsistencyModelImg2ImgPipeline.fromPipe(textToImage);
 * const { images } = await pipe.generate({ prompt: "a watercolor", image, strength: 0.5, seed: 0 });
 */
export class LatentConsistencyModelImg2ImgPipeline extends LatentConsistencyModelPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<LatentConsistencyModelImg2ImgPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "LatentConsistencyModelImg2ImgPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = defaultGuidanceScale;
  /** The default of `strength`. */
  static readonly defaultStrength: number = 0.8;

  /** Generates images; see {@link LatentConsistencyModelPipeline.generate}. */
  async generate<Output extends LatentOutputType = "image">(
    given: LatentConsistencyModelImg2ImgGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(
      given,
      "LatentConsistencyModelImg2ImgPipeline",
      latentConsistencyModelImg2ImgOptions,
    );
    const context = this.begin(options, LatentConsistencyModelImg2ImgPipeline.defaultGuidanceScale);
    const settings = {
      defaultInferenceSteps,
      defaultStrength: LatentConsistencyModelImg2ImgPipeline.defaultStrength,
      usesDenoised: true,
      isCutByScheduler: true,
    };
    return runFromImage(context, options, settings);
  }
}
