import type { PythonJson } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import type { OptionNames } from "@onestep/core/internal/known-options";
import type { Scheduler } from "@onestep/schedulers";
import type { ComponentSlots } from "../component/component-slots.ts";
import type { PipelineSource } from "../component/load-components.ts";
import type { PipelineLoader } from "../pipeline-types.ts";
import { readOptions } from "../sampling/generate-options.ts";
import {
  type ConditionalUNet,
  conditionalUNetSlot,
  type LatentAutoencoder,
  type PromptTokenizer,
  type TextEncoder,
  textEncoderSlot,
  tokenizerSlot,
  vaeSlot,
} from "./components.ts";
import { type Conditions, guidanceOf } from "./conditions.ts";
import { LatentDiffusionPipelineBase } from "./latent-diffusion-pipeline.ts";
import type { LatentPipelineOutput, LatentSpace } from "./latent-images.ts";
import { beginsAt, endsAt } from "./latent-run.ts";
import {
  type GuidedOptions,
  guidedOptionNames,
  type LatentOutputType,
  noiseOptionNames,
  type PromptRunOptions,
  promptOptionNames,
  type TextToImageOptions,
} from "./options.ts";
import { type ImageToImageOptions, imageOptionNames, runFromImage } from "./run-from-image.ts";
import { runFromText } from "./run-from-text.ts";
import { type InpaintOptions, inpaintOptionNames, runInpainting } from "./run-inpainting.ts";
import { readXLConditions, type XLOptions, xlOptionNames } from "./xl-conditions.ts";

/** The components of a Stable Diffusion XL pipeline. A refiner lacks the first tokenizer and text encoder. */
export interface StableDiffusionXLComponents {
  readonly vae: LatentAutoencoder;
  readonly textEncoder: TextEncoder | null;
  readonly textEncoder2: TextEncoder;
  readonly tokenizer: PromptTokenizer | null;
  readonly tokenizer2: PromptTokenizer;
  readonly unet: ConditionalUNet;
  readonly scheduler: Scheduler;
}

/** The settings of a Stable Diffusion XL pipeline, as in `model_index.json`. */
export interface StableDiffusionXLSettings {
  /** Whether zeros replace the embeddings of a missing negative prompt; true by default. */
  readonly forceZerosForEmptyPrompt?: boolean | undefined;
  /** Whether the model takes an aesthetic score, as refiners do; false by default. */
  readonly requiresAestheticsScore?: boolean | undefined;
}

/** The constructor argument of a Stable Diffusion XL pipeline. */
export interface StableDiffusionXLParts extends StableDiffusionXLComponents, StableDiffusionXLSettings {}

const settingNames = {
  forceZerosForEmptyPrompt: "force_zeros_for_empty_prompt",
  requiresAestheticsScore: "requires_aesthetics_score",
} as const;

/** Also the default of configs that do not say. */
const earlierScalingFactor = 0.18215;

/** The base class of Stable Diffusion XL pipelines. */
export abstract class StableDiffusionXLPipelineBase extends LatentDiffusionPipelineBase<StableDiffusionXLComponents> {
  static override readonly components: ComponentSlots = {
    scheduler: {},
    tokenizer: { ...tokenizerSlot, isOptional: true },
    tokenizer2: tokenizerSlot,
    textEncoder: { ...textEncoderSlot, isOptional: true },
    textEncoder2: textEncoderSlot,
    vae: vaeSlot,
    unet: conditionalUNetSlot,
  };
  readonly #settings: { readonly [Name in keyof StableDiffusionXLSettings]-?: boolean };

  constructor(parts: StableDiffusionXLParts) {
    const { forceZerosForEmptyPrompt, requiresAestheticsScore, ...components } = parts ?? {};
    super(components);
    if (this.vae.config.scalingFactor === earlierScalingFactor) {
      warn(
        `The autoencoder has a scaling_factor of ${earlierScalingFactor}, that of Stable Diffusion 1 and 2, or none in its config: those of Stable Diffusion XL have 0.13025. Images look washed out if it is wrong.`,
        "config",
      );
    }
    this.#settings = {
      forceZerosForEmptyPrompt: forceZerosForEmptyPrompt ?? true,
      requiresAestheticsScore: requiresAestheticsScore ?? false,
    };
  }

  /** The names of the settings, for {@link DiffusionPipelineBase.fromPretrained}. */
  static readonly settingNames: readonly string[] = Object.keys(settingNames);

  /** The settings in an index. */
  static readSettings({ modelIndex }: PipelineSource, options: object): StableDiffusionXLSettings {
    const given = options as StableDiffusionXLSettings;
    const read = (name: keyof typeof settingNames): boolean | undefined => {
      const entry = modelIndex.entries.get(settingNames[name]);
      return given[name] ?? (typeof entry === "boolean" ? entry : undefined);
    };
    return {
      forceZerosForEmptyPrompt: read("forceZerosForEmptyPrompt"),
      requiresAestheticsScore: read("requiresAestheticsScore"),
    };
  }

  override get settings(): StableDiffusionXLSettings {
    return this.#settings;
  }

  protected override settingEntries(
    loaded: ReadonlyMap<string, PythonJson>,
  ): ReadonlyMap<string, PythonJson | undefined> {
    const { forceZerosForEmptyPrompt, requiresAestheticsScore } = this.#settings;
    const name = settingNames.requiresAestheticsScore;
    return new Map<string, PythonJson | undefined>([
      [settingNames.forceZerosForEmptyPrompt, forceZerosForEmptyPrompt],
      ...(loaded.has(name) || requiresAestheticsScore ? [[name, requiresAestheticsScore] as const] : []),
    ]);
  }

  /** Reads more of the autoencoder's config than Stable Diffusion 1 and 2, as diffusers' pipelines do. */
  protected override get latentSpace(): LatentSpace {
    const { vae } = this;
    const { forceUpcast = false, latentsMean: mean = null, latentsStd: std = null } = vae.config;
    const isWhole = mean !== null && std !== null;
    return {
      ...super.latentSpace,
      upcast: forceUpcast,
      mean: isWhole ? mean : null,
      std: isWhole ? std : null,
    };
  }

  protected override readConditions(
    options: PromptRunOptions & XLOptions,
    guidanceScale: number,
  ): Conditions {
    const { components } = this;
    const guidance = guidanceOf(options, components.unet, guidanceScale);
    return readXLConditions(options, {
      ...components,
      ...this.#settings,
      warnOnce: this.warnOnce,
      requiresAestheticsScore: this.#settings.requiresAestheticsScore && !this.beginsWithNoise,
      alternatesSizes: this.beginsWithNoise,
      guidance,
    });
  }

  /** Whether a run starts from pure noise; if so, no aesthetic score is passed. */
  protected get beginsWithNoise(): boolean {
    return false;
  }
}

/** Options of {@link StableDiffusionXLPipeline.generate}. */
export interface StableDiffusionXLGenerateOptions<Output extends LatentOutputType = LatentOutputType>
  extends TextToImageOptions<Output>,
    GuidedOptions,
    XLOptions {
  /** 5 by default. A value of at most 1 disables guidance and the negative prompt, as Turbo models require. */
  readonly guidanceScale?: number | undefined;
  /** Ends the run at this fraction, above 0 and below 1, for a refiner to continue from the latents. */
  readonly denoisingEnd?: number | undefined;
}

const defaultInferenceSteps = 50;

const stableDiffusionXLOptions: OptionNames<StableDiffusionXLGenerateOptions> = {
  ...promptOptionNames,
  ...noiseOptionNames,
  ...guidedOptionNames,
  ...xlOptionNames,
  denoisingEnd: true,
};

/**
 * Generates images from text with Stable Diffusion XL, XL Turbo, and models distilled from them (Podell et al., 2023);
 * diffusers' `StableDiffusionXLPipeline`, without its watermark.
 *
 * @example
 * const pipe = await StableDiffusionXLPipeline.fromPretrained("stabilityai/sdxl-turbo", { variant: "fp16" });
 * const { images } = await pipe.generate({ prompt: "a red fox", numInferenceSteps: 1, guidanceScale: 0, seed: 0 });
 */
export class StableDiffusionXLPipeline extends StableDiffusionXLPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<StableDiffusionXLPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "StableDiffusionXLPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = 5;

  protected override get beginsWithNoise(): boolean {
    return true;
  }

  /**
   * Generates images. Random numbers are drawn for the latents first, then for each step of a stochastic scheduler, in
   * diffusers' order.
   *
   * @throws InvalidArgumentError if an option is invalid; thrown before any work.
   * @throws ImageError if a step produces non-finite values.
   * @throws DisposedError after `dispose`.
   */
  async generate<Output extends LatentOutputType = "image">(
    given: StableDiffusionXLGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(given, "StableDiffusionXLPipeline", stableDiffusionXLOptions);
    const { eta = 0, denoisingEnd } = options;
    const context = this.begin(options, StableDiffusionXLPipeline.defaultGuidanceScale);
    const cut = endsAt(denoisingEnd, context.scheduler);
    return runFromText(context, options, { defaultInferenceSteps, stepOptions: { eta }, cut });
  }
}

/** Options of {@link StableDiffusionXLImg2ImgPipeline.generate}. */
export interface StableDiffusionXLImg2ImgGenerateOptions<Output extends LatentOutputType = LatentOutputType>
  extends Omit<StableDiffusionXLGenerateOptions<Output>, "height" | "width" | "latents">,
    ImageToImageOptions {
  /** 0.3 by default. */
  readonly strength?: number | undefined;
  /** Starts at this fraction of the run, above 0 and below 1, from another pipeline's latents; replaces `strength`. */
  readonly denoisingStart?: number | undefined;
}

const stableDiffusionXLImg2ImgOptions: OptionNames<StableDiffusionXLImg2ImgGenerateOptions> = {
  ...promptOptionNames,
  ...guidedOptionNames,
  ...xlOptionNames,
  ...imageOptionNames,
  denoisingStart: true,
  denoisingEnd: true,
};

/**
 * Transforms images according to a prompt with Stable Diffusion XL, or refines them with its refiner; diffusers'
 * `StableDiffusionXLImg2ImgPipeline`.
 *
 * @example
 * const pipe = StableDiffusionXLImg2ImgPipeline.fromPipe(textToImage);
 * const { images } = await pipe.generate({ prompt: "a watercolor", image, strength: 0.6, seed: 0 });
 */
export class StableDiffusionXLImg2ImgPipeline extends StableDiffusionXLPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<StableDiffusionXLImg2ImgPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "StableDiffusionXLImg2ImgPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = 5;
  /** The default of `strength`. */
  static readonly defaultStrength: number = 0.3;

  /** Generates images; see {@link StableDiffusionXLPipeline.generate}. */
  async generate<Output extends LatentOutputType = "image">(
    given: StableDiffusionXLImg2ImgGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(given, "StableDiffusionXLImg2ImgPipeline", stableDiffusionXLImg2ImgOptions);
    const { eta = 0, denoisingStart, denoisingEnd } = options;
    const context = this.begin(options, StableDiffusionXLImg2ImgPipeline.defaultGuidanceScale);
    return runFromImage(context, options, {
      defaultInferenceSteps,
      defaultStrength: StableDiffusionXLImg2ImgPipeline.defaultStrength,
      stepOptions: { eta },
      begin: beginsAt(denoisingStart, denoisingEnd),
      isNoisy: denoisingStart === undefined,
    });
  }
}

/** Options of {@link StableDiffusionXLInpaintPipeline.generate}. */
export interface StableDiffusionXLInpaintGenerateOptions<Output extends LatentOutputType = LatentOutputType>
  extends Omit<StableDiffusionXLGenerateOptions<Output>, "denoisingEnd">,
    InpaintOptions {
  /** 7.5 by default. */
  readonly guidanceScale?: number | undefined;
  /** 0.9999 by default. */
  readonly strength?: number | undefined;
}

const stableDiffusionXLInpaintOptions: OptionNames<StableDiffusionXLInpaintGenerateOptions> = {
  ...promptOptionNames,
  ...noiseOptionNames,
  ...guidedOptionNames,
  ...xlOptionNames,
  ...inpaintOptionNames,
};

/**
 * Repaints the masked part of images with Stable Diffusion XL; diffusers' `StableDiffusionXLInpaintPipeline`.
 *
 * @example
 * const pipe = await StableDiffusionXLInpaintPipeline.fromPretrained("diffusers/stable-diffusion-xl-1.0-inpainting-0.1");
 * const { images } = await pipe.generate({ prompt: "a red door", image, maskImage, seed: 0 });
 */
export class StableDiffusionXLInpaintPipeline extends StableDiffusionXLPipelineBase {
  /** Loads the pipeline; see {@link DiffusionPipelineBase.fromPretrained}. */
  declare static readonly fromPretrained: PipelineLoader<StableDiffusionXLInpaintPipeline>;

  /** The class name in `model_index.json`. */
  static readonly className: string = "StableDiffusionXLInpaintPipeline";
  /** The default of `numInferenceSteps`. */
  static readonly defaultInferenceSteps: number = defaultInferenceSteps;
  /** The default of `guidanceScale`. */
  static readonly defaultGuidanceScale: number = 7.5;
  /** The default of `strength`. */
  static readonly defaultStrength: number = 0.9999;

  /** Generates images; see {@link StableDiffusionXLPipeline.generate}. */
  async generate<Output extends LatentOutputType = "image">(
    given: StableDiffusionXLInpaintGenerateOptions<Output>,
  ): Promise<LatentPipelineOutput<Output>> {
    const options = readOptions(given, "StableDiffusionXLInpaintPipeline", stableDiffusionXLInpaintOptions);
    const { eta = 0 } = options;
    const context = this.begin(options, StableDiffusionXLInpaintPipeline.defaultGuidanceScale);
    const settings = {
      defaultInferenceSteps,
      defaultStrength: StableDiffusionXLInpaintPipeline.defaultStrength,
      stepOptions: { eta },
    };
    return runInpainting(context, options, settings);
  }
}
