import type { OptionNames } from "@onestep/core/internal/known-options";
import type { PipelineLoader } from "../pipeline-types.ts";
import { readOptions } from "../sampling/generate-options.ts";
import { StableDiffusionPipelineBase } from "./latent-diffusion-pipeline.ts";
import type { LatentPipelineOutput } from "./latent-images.ts";
import {
  type GuidedOptions,
  guidedOptionNames,
  type LatentOutputType,
  noiseOptionNames,
  promptOptionNames,
  type TextToImageOptions,
} from "./options.ts";
import { type ImageToImageOptions, imageOptionNames, runFromImage } from "./run-from-image.ts";
import { runFromText } from "./run-from-text.ts";
import { type InpaintOptions, inpaintOptionNames, runInpainting } from "./run-inpainting.ts";

/** Options of {@link StableDiffusionPipeline.generate}. */
export interface StableDiffusionGenerateOptions<Output extends LatentOutputType = LatentOutputType>
  extends TextToImageOptions<Output>,
    GuidedOptions {
  /** 7.5 by default. A value of at most 1 disables guidance and the negative prompt, as Turbo models require. */
  readonly guidanceScale?: number | undefined;
}

/** The defaults of `guidanceScale` and `numInferenceSteps`. */
const defaultGuidanceScale = 7.5;
const defaultInferenceSteps = 50;

const stableDiffusionOptions: OptionNames<StableDiffusionGenerateOptions> = {
  ...promptOptionNames,
  ...noiseOptionNames,
  ...guidedOptionNames,
};

/**
 * Generates images from text with Stable Diffusion 1 and 2, Turbo, and models distilled from them (Rombach et al.,
 * 2022); diffusers' `StableDiffusionPipeline`.
 *
 * @example
 * const pipe = await StableDiffusionPipeline.fromPretrained("stabilityai/sd-turbo", { variant: "fp16" });
 * const { images } = await pipe.generate({ prompt: "a red fox", numInferenceSteps: 1, guidanceScale: 0, seed: 0 });
 */
export class StableDiffusionPipeline extends StableDiffusionPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<StableDiffusionPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "StableDiffusionPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = defaultGuidanceScale;

  /**
   * Generates images. Random numbers are drawn for the latents first, then for each step of a stochastic scheduler, in
   * diffusers' order.
   *
   * @throws InvalidArgumentError if an option is invalid; thrown before any work.
   * @throws ImageError if a step produces non-finite values.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends LatentOutputType = "image">(
    given: StableDiffusionGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(given, "StableDiffusionPipeline", stableDiffusionOptions);
    const { eta = 0 } = options;
    const context = this.begin(options, StableDiffusionPipeline.defaultGuidanceScale);
    return runFromText(context, options, { defaultInferenceSteps, stepOptions: { eta } });
  }
}

/** Options of {@link StableDiffusionImg2ImgPipeline.generate}. */
export interface StableDiffusionImg2ImgGenerateOptions<Output extends LatentOutputType = LatentOutputType>
  extends Omit<StableDiffusionGenerateOptions<Output>, "height" | "width" | "latents">,
    ImageToImageOptions {
  /** 0.8 by default. */
  readonly strength?: number | undefined;
}

const stableDiffusionImg2ImgOptions: OptionNames<StableDiffusionImg2ImgGenerateOptions> = {
  ...promptOptionNames,
  ...guidedOptionNames,
  ...imageOptionNames,
};

/**
 * Transforms images according to a prompt with Stable Diffusion (Meng et al., 2022); diffusers'
 * `StableDiffusionImg2ImgPipeline`.
 *
 * @example
 * const pipe = StableDiffusionImg2ImgPipeline.fromPipe(textToImage);
 * const { images } = await pipe.generate({ prompt: "a watercolor", image, strength: 0.6, seed: 0 });
 */
export class StableDiffusionImg2ImgPipeline extends StableDiffusionPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<StableDiffusionImg2ImgPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "StableDiffusionImg2ImgPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = defaultGuidanceScale;
  /** The default of `strength`. */
  static readonly defaultStrength: number = 0.8;

  /** Generates images; see {@link StableDiffusionPipeline.generate}. */
  async generate<Output extends LatentOutputType = "image">(
    given: StableDiffusionImg2ImgGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(given, "StableDiffusionImg2ImgPipeline", stableDiffusionImg2ImgOptions);
    const { eta = 0 } = options;
    const context = this.begin(options, StableDiffusionImg2ImgPipeline.defaultGuidanceScale);
    const settings = {
      defaultInferenceSteps,
      defaultStrength: StableDiffusionImg2ImgPipeline.defaultStrength,
      stepOptions: { eta },
    };
    return runFromImage(context, options, settings);
  }
}

/** Options of {@link StableDiffusionInpaintPipeline.generate}. */
export interface StableDiffusionInpaintGenerateOptions<Output extends LatentOutputType = LatentOutputType>
  extends StableDiffusionGenerateOptions<Output>,
    InpaintOptions {
  /** 1 by default: the repainted area starts from pure noise. */
  readonly strength?: number | undefined;
}

const stableDiffusionInpaintOptions: OptionNames<StableDiffusionInpaintGenerateOptions> = {
  ...stableDiffusionOptions,
  ...inpaintOptionNames,
};

/**
 * Repaints the masked part of images according to a prompt, with an inpainting model (9 channels) or any other;
 * diffusers' `StableDiffusionInpaintPipeline`.
 *
 * @example
 * const pipe = await StableDiffusionInpaintPipeline.fromPretrained("stable-diffusion-v1-5/stable-diffusion-inpainting");
 * const { images } = await pipe.generate({ prompt: "a red door", image, maskImage, seed: 0 });
 */
export class StableDiffusionInpaintPipeline extends StableDiffusionPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<StableDiffusionInpaintPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "StableDiffusionInpaintPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = defaultGuidanceScale;
  /** The default of `strength`. */
  static readonly defaultStrength: number = 1;

  /** Generates images; see {@link StableDiffusionPipeline.generate}. */
  async generate<Output extends LatentOutputType = "image">(
    given: StableDiffusionInpaintGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(given, "StableDiffusionInpaintPipeline", stableDiffusionInpaintOptions);
    const { eta = 0 } = options;
    const context = this.begin(options, StableDiffusionInpaintPipeline.defaultGuidanceScale);
    const settings = {
      defaultInferenceSteps,
      defaultStrength: StableDiffusionInpaintPipeline.defaultStrength,
      stepOptions: { eta },
    };
    return runInpainting(context, options, settings);
  }
}
