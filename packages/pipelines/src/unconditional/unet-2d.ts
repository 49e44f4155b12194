import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import type { ReadOptions, Repository } from "@onestep/hub";
import {
  sampleSizeOf,
  type UNet2DModelConfig,
  type UNet2DModelConfigValues,
  type UNet2DModelForwardOptions,
  type UNet2DModelOutput,
  unet2DModelConfigSchema,
} from "@onestep/models";
import type { Device } from "@onestep/runtime";
import type { Scheduler } from "@onestep/schedulers";
import { type Component, componentClassName, hasShape } from "../component/component.ts";
import { findComponentFolder, findModelClass, unet2DModelLoader } from "../component/component-registry.ts";
import type { ComponentSlot } from "../component/component-slots.ts";
import { type PipelineSource, resolveComponent } from "../component/load-components.ts";
import type { OutputType } from "../sampling/generate-options.ts";

/** The model config fields pipelines read. */
export type UNet2DConfig = Pick<
  UNet2DModelConfigValues,
  "classEmbedType" | "inChannels" | "numClassEmbeds" | "outChannels" | "sampleSize"
>;

/** The model interface pipelines require: predictions of the input's shape. `UNet2DModel` implements it. */
export interface UNet2D extends Component {
  readonly config: UNet2DConfig;
  readonly device: Device;
  /** Predicts from noisy images and a timestep. */
  forward(options: UNet2DModelForwardOptions): Promise<UNet2DModelOutput>;
}

/**
 * The shape of one of a model's images.
 *
 * @throws InvalidConfigError if the config has no size.
 */
export function imageShapeOf(
  config: UNet2DConfig,
): readonly [channels: number, height: number, width: number] {
  const { height, width } = sampleSizeOf(config as UNet2DModelConfigValues);
  return [config.inChannels, height, width];
}

/** The `unet` slot of the unconditional pipelines. */
export const unet2DSlot: ComponentSlot = {
  classes: { "diffusers/UNet2DModel": unet2DModelLoader },
  remedy:
    "Load an unconditional or class-conditional pixel model, openai/diffusers-cd_imagenet64_l2 for one.",
  check(unet) {
    if (hasShape(unet, ["forward"])) return;
    throw new InvalidArgumentError({
      subject: "unet",
      found: describeValue(unet),
      expected: "a model: an object with a config and with forward",
      remedy: "Pass one that `UNet2DModel.fromPretrained` loads, or an object that implements `UNet2D`.",
    });
  },
};

/**
 * The class of the UNet, unwrapped from torch's wrapper classes.
 *
 * @param className - The class in `model_index.json`.
 */
export function findUnetClass(
  repository: Repository,
  className: string,
  options: ReadOptions = {},
): Promise<string> {
  return findModelClass(repository, "unet", className, options);
}

/**
 * The class of the UNet, unwrapped from torch's wrapper classes.
 *
 * @throws UnsupportedError if the model is not supported.
 */
export async function requireUnetClass(source: PipelineSource, options: ReadOptions = {}): Promise<string> {
  return (await resolveComponent(source, "unet", unet2DSlot, options)).className;
}

/** The config of a pipeline's model and its location. */
export interface FoundUnetConfig {
  readonly config: UNet2DModelConfig;
  /** The model's folder in the repository; `""` for the root. */
  readonly folder: string;
}

/**
 * Reads the config of a pipeline's model, but not its weights.
 *
 * @throws EntryNotFoundError if there is none.
 * @throws InvalidConfigError if it is invalid.
 */
export async function readUnetConfig(
  { repository }: Pick<PipelineSource, "repository">,
  { signal, onProgress }: ReadOptions,
): Promise<FoundUnetConfig> {
  const folder = await findComponentFolder(repository, "unet", "config.json", { signal, onProgress });
  const file = await repository.get(folder === "" ? "config.json" : `${folder}/config.json`, {
    signal,
    onProgress,
  });
  const source = `${file.path} of ${repository.name}`;
  const document = parsePythonJson(await file.text({ signal }), source);
  return { config: unet2DModelConfigSchema.fromJson(document, source), folder };
}

/** The input of {@link requireRunnable}. */
export interface ModelInUse {
  /** The model config. */
  readonly config: Pick<UNet2DModelConfigValues, "classEmbedType" | "inChannels" | "outChannels">;
  /** The scheduler to sample with. */
  readonly scheduler: Pick<Scheduler, "config">;
  readonly outputType?: OutputType | undefined;
}

/** The most channels an image can have: red, green, blue and alpha. */
const maximumImageChannels = 4;

/**
 * Checks the configs of model and scheduler before any computation: whether the scheduler can step with the model's
 * predictions, and whether the output can become images.
 *
 * @throws UnsupportedError if no pipeline runs the model.
 * @throws InvalidArgumentError if a different scheduler or output type would work.
 */
export function requireRunnable({ config, scheduler, outputType = "image" }: ModelInUse): void {
  const { classEmbedType, inChannels, outChannels } = config;
  if (classEmbedType !== null) {
    throw new UnsupportedError({
      subject: "unet: class_embed_type",
      found: `${classEmbedType}, whose labels are ${classEmbedType === "identity" ? "embeddings" : "numbers of any size"}`,
      expected: "a model without labels, or with classes (num_class_embeds)",
      remedy:
        "Pipelines have no such labels, here and in Python; in JavaScript, call `unet.forward` yourself.",
    });
  }
  requireVariance(inChannels, outChannels, scheduler);
  if (outputType === "image" && inChannels > maximumImageChannels) {
    throw new InvalidArgumentError({
      subject: "outputType",
      found: `"image" for a model of ${inChannels} channels`,
      expected: `"image" for 1 to ${maximumImageChannels} channels: grey, grey with opacity, RGB, RGBA`,
      remedy: 'Pass `outputType: "tensor"`, and get the numbers.',
    });
  }
}

function requireVariance(
  inChannels: number,
  outChannels: number,
  scheduler: Pick<Scheduler, "config">,
): void {
  if (outChannels !== inChannels && outChannels !== 2 * inChannels) {
    throw new UnsupportedError({
      subject: "unet: out_channels",
      found: `${outChannels}, with in_channels ${inChannels}`,
      expected: `${inChannels}, or ${2 * inChannels} where the model predicts a variance too`,
      remedy:
        "Pipelines make images of noise alone; what else such a model is given is for `unet.forward` in JavaScript.",
    });
  }
  const name = componentClassName(scheduler);
  // Custom schedulers do not declare what they accept.
  if (name === undefined) return;
  const predictsVariance = outChannels !== inChannels;
  const { isSplit, varianceType } = readVariance(scheduler.config);
  if (predictsVariance === isSplit) return;
  throw new InvalidArgumentError({
    subject: `scheduler: ${name}`,
    found: predictsVariance
      ? `a model that predicts a variance beside the noise (${outChannels} channels for images of ${inChannels}), which this scheduler does not split off`
      : `varianceType ${JSON.stringify(varianceType)}, and a model that predicts no variance (${outChannels} channels for images of ${inChannels})`,
    expected: predictsVariance
      ? 'DDPMScheduler, DPMSolverMultistepScheduler or DPMSolverSinglestepScheduler with a varianceType of "learned" or "learned_range" and predictions of noise'
      : 'a varianceType such as "fixed_small"',
    remedy: predictsVariance
      ? "Pass one of these as `scheduler`, made with the config of the model's own."
      : "Make the scheduler with it, or load the model that the scheduler is for.",
  });
}

/** Whether a scheduler splits off a predicted variance, according to its config. */
function readVariance(config: object): { isSplit: boolean; varianceType: unknown } {
  const { varianceType, algorithmType, predictionType } = config as Readonly<Record<string, unknown>>;
  const isLearned = varianceType === "learned" || varianceType === "learned_range";
  // The solvers do so only for noise predictions.
  const isSolver = algorithmType !== undefined;
  return { isSplit: isLearned && (!isSolver || predictionType === "epsilon"), varianceType };
}
