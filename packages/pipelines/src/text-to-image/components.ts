import { InvalidArgumentError, type Tensor } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import {
  type AdapterSnapshot,
  AutoencoderKL,
  type AutoencoderKLConfigValues,
  type AutoencoderOptions,
  AutoencoderTiny,
  CLIPTextModel,
  type CLIPTextModelForwardOptions,
  type CLIPTextModelOutput,
  CLIPTextModelWithProjection,
  CLIPTokenizer,
  type DiagonalGaussianDistribution,
  type PaddedEncoding,
  StableDiffusionSafetyChecker,
  UNet2DConditionModel,
  type UNet2DConditionModelConfigValues,
  type UNet2DConditionModelForwardOptions,
} from "@onestep/models";
import type { Device } from "@onestep/runtime";
import type { Scheduler } from "@onestep/schedulers";
import { type Component, hasShape } from "../component/component.ts";
import type { ComponentClass, ComponentRegistry } from "../component/component-registry.ts";
import type { ComponentSlot, ComponentSlots } from "../component/component-slots.ts";

/** The tokenizer interface pipelines require; `CLIPTokenizer` implements it. */
export interface PromptTokenizer extends Component {
  readonly config: { readonly modelMaxLength?: number | undefined };
  /** Embeddings of tokens added to the vocabulary by textual inversion. */
  readonly addedEmbeddings?: Tensor<"float32"> | undefined;
  /** The tokens of a text, truncated or padded to a length. */
  encodePadded(text: string, maxLength?: number): PaddedEncoding;
}

/** The text encoder interface pipelines require; `CLIPTextModel` implements it. */
export interface TextEncoder extends Component {
  readonly config: { readonly maxPositionEmbeddings: number; readonly numHiddenLayers: number };
  /** The adapters at this moment, to be passed to each call of a run. */
  readonly adapterSnapshot?: AdapterSnapshot | undefined;
  /** Encodes texts. */
  forward(options: CLIPTextModelForwardOptions): Promise<CLIPTextModelOutput>;
}

/** The text-conditional denoiser interface pipelines require; `UNet2DConditionModel` implements it. */
export interface ConditionalUNet extends Component {
  readonly config: Pick<
    UNet2DConditionModelConfigValues,
    | "additionEmbedType"
    | "additionTimeEmbedDim"
    | "crossAttentionDim"
    | "inChannels"
    | "projectionClassEmbeddingsInputDim"
    | "sampleSize"
    | "timeCondProjDim"
  >;
  readonly device?: Device | undefined;
  /** The adapters at this moment, to be passed to each step of a run. */
  readonly adapterSnapshot?: AdapterSnapshot | undefined;
  /** Predicts from noisy latents, a timestep and a text. */
  forward(options: UNet2DConditionModelForwardOptions): Promise<{ readonly sample: Tensor<"float32"> }>;
}

/** The autoencoder interface pipelines require; `AutoencoderKL` and `AutoencoderTiny` implement it. */
export interface LatentAutoencoder extends Component {
  readonly config: Pick<AutoencoderKLConfigValues, "scalingFactor" | "latentChannels"> &
    Partial<Pick<AutoencoderKLConfigValues, "latentsMean" | "latentsStd" | "forceUpcast">>;
  /** The downsampling factor from image size to latent size. */
  readonly scaleFactor: number;
  /** Decodes latents to images, −1 to 1. */
  decode(
    latents: Tensor<"float32">,
    options?: AutoencoderOptions,
  ): Promise<{ readonly sample: Tensor<"float32"> }>;
  /** Encodes images, −1 to 1, to latents or their distribution. */
  encode(
    images: Tensor<"float32">,
    options?: AutoencoderOptions,
  ): Promise<{ readonly latents: Tensor<"float32"> } | { readonly latentDist: DiagonalGaussianDistribution }>;
}

/** The safety checker interface pipelines require; `StableDiffusionSafetyChecker` implements it. */
export interface SafetyChecker extends Component {
  /**
   * Checks images, float32 [images, 3, height, width], 0 to 1.
   *
   * @returns Whether each of them is to be black.
   */
  check(
    images: Tensor<"float32">,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly boolean[]>;
}

/** The components of a latent pipeline with one text encoder. */
export interface StableDiffusionComponents {
  readonly vae: LatentAutoencoder;
  readonly textEncoder: TextEncoder;
  readonly tokenizer: PromptTokenizer;
  readonly unet: ConditionalUNet;
  readonly scheduler: Scheduler;
  /** Checks each image; by default none does. `fromPretrained` loads that of the repository for `true`. */
  readonly safetyChecker?: SafetyChecker | null | undefined;
}

function modelClass<Loaded extends Component>(
  load: ComponentClass<Loaded>["fromRepository"],
): ComponentClass {
  return { fromRepository: load };
}

const tokenizerClass = modelClass((repository, options) => CLIPTokenizer.fromRepository(repository, options));

const tokenizerClasses: ComponentRegistry = {
  "transformers/CLIPTokenizer": tokenizerClass,
  "transformers/CLIPTokenizerFast": tokenizerClass,
};

const textEncoderClasses: ComponentRegistry = {
  "transformers/CLIPTextModel": modelClass((repository, options) =>
    CLIPTextModel.fromRepository(repository, options),
  ),
  "transformers/CLIPTextModelWithProjection": modelClass((repository, options) =>
    CLIPTextModelWithProjection.fromRepository(repository, options),
  ),
};

const supported =
  "Load Stable Diffusion 1, 2, XL or Turbo, a latent consistency model, or one that was distilled from these.";

function slot(classes: ComponentRegistry, methods: readonly string[], expected: string): ComponentSlot {
  return {
    classes,
    remedy: supported,
    check(component) {
      if (hasShape(component, methods)) return;
      throw new InvalidArgumentError({
        subject: expected,
        found: describeValue(component),
        expected: `an object with a config and with ${methods.join(" and ")}`,
        remedy: "Pass one that the `fromPretrained` of its class loads, or an object of that shape.",
      });
    },
  };
}

/** The component slots shared by latent pipelines. Small ones first, so that their errors surface early. */
export const tokenizerSlot: ComponentSlot = slot(tokenizerClasses, ["encodePadded"], "tokenizer");
export const textEncoderSlot: ComponentSlot = slot(textEncoderClasses, ["forward"], "textEncoder");
export const vaeSlot: ComponentSlot = slot(
  {
    "diffusers/AutoencoderKL": modelClass((repository, options) =>
      AutoencoderKL.fromRepository(repository, options),
    ),
    "diffusers/AutoencoderTiny": modelClass((repository, options) =>
      AutoencoderTiny.fromRepository(repository, options),
    ),
  },
  ["decode", "encode"],
  "vae",
);
export const conditionalUNetSlot: ComponentSlot = slot(
  {
    "diffusers/UNet2DConditionModel": modelClass((repository, options) =>
      UNet2DConditionModel.fromRepository(repository, options),
    ),
  },
  ["forward"],
  "unet",
);

const safetyCheckerSlot: ComponentSlot = {
  ...slot(
    {
      "stable_diffusion/StableDiffusionSafetyChecker": modelClass((repository, options) =>
        StableDiffusionSafetyChecker.fromRepository(repository, options),
      ),
    },
    ["check"],
    "safetyChecker",
  ),
  isOptional: true,
  onRequest: {
    companions: ["feature_extractor", "image_encoder"],
    warning:
      "the safety checker of this repository is not loaded, and images are not checked. Pass `safetyChecker: true` to `fromPretrained` to run it, or `null` to leave it out without this message.",
  },
};

/** The slots of {@link StableDiffusionComponents}. */
export const stableDiffusionSlots: ComponentSlots = {
  scheduler: {},
  tokenizer: tokenizerSlot,
  textEncoder: textEncoderSlot,
  vae: vaeSlot,
  unet: conditionalUNetSlot,
  safetyChecker: safetyCheckerSlot,
};
