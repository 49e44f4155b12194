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

/** What pipelines read of the config of their model. */
export type UNet2DConfig = Pick<
  UNet2DModelConfigValues,
  "classEmbedType" | "inChannels" | "numClassEmbeds" | "outChannels" | "sampleSize"
>;

/** What pipelines call of a model that predicts images of the size of its input; `UNet2DModel` has it. */
export interface UNet2D extends Component {
  readonly config: UNet2DConfig;
  readonly device: Device;
  /** Predicts from noisy images and a timestep. */
  forward(options: UNet2DModelForwardOptions): Promise<UNet2DModelOutput>;
}

/**
 * The shape of one image of a model.
 *
 * @throws InvalidConfigError where the config does not say the size.
 */
export function imageShapeOf(
  config: UNet2DConfig,
): readonly [channels: number, height: number, width: number] {
  const { height, width } = sampleSizeOf(config as UNet2DModelConfigValues);
  return [config.inChannels, height, width];
}

/** The `unet` of the pipelines here. */
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
 * The class of the UNet, taken out of a wrapper of torch's.
 *
 * @param className - As `model_index.json` has it.
 */
export function findUnetClass(
  repository: Repository,
  className: string,
  options: ReadOptions = {},
): Promise<string> {
  return findModelClass(repository, "unet", className, options);
}

/**
 * The class of the UNet, taken out of a wrapper of torch's.
 *
 * @throws UnsupportedError where it is another model than runs here.
 */
export async function requireUnetClass(source: PipelineSource, options: ReadOptions = {}): Promise<string> {
  return (await resolveComponent(source, "unet", unet2DSlot, options)).className;
}

/** The config of a pipeline's model and where it was found. */
export interface FoundUnetConfig {
  readonly config: UNet2DModelConfig;
  /** The folder of the model in the repository; `""` for the root. */
  readonly folder: string;
}

/**
 * Reads the config of a pipeline's model, and nothing of its weights.
 *
 * @throws EntryNotFoundError where there is none.
 * @throws InvalidConfigError where it is wrong.
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

/** What {@link requireRunnable} judges. */
export interface ModelInUse {
  /** The config of the model. */
  readonly config: Pick<UNet2DModelConfigValues, "classEmbedType" | "inChannels" | "outChannels">;
  /** The scheduler that is to sample. */
  readonly scheduler: Pick<Scheduler, "config">;
  readonly outputType?: OutputType | undefined;
}

/** Most channels that an image has: red, green, blue and opacity. */
const maximumImageChannels = 4;

/**
 * Checks what model and scheduler say of themselves, before anything is computed: whether the scheduler can take a step
 * with what the model predicts, and whether images can be made of it.
 *
 * @throws UnsupportedError where no pipeline runs the model.
 * @throws InvalidArgumentError where another scheduler, or another output, would do.
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
  // A custom scheduler does not say what it accepts.
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

/** Whether a scheduler takes the variance off what the model predicts, as its config says. */
function readVariance(config: object): { isSplit: boolean; varianceType: unknown } {
  const { varianceType, algorithmType, predictionType } = config as Readonly<Record<string, unknown>>;
  const isLearned = varianceType === "learned" || varianceType === "learned_range";
  // The solvers do so for predictions of noise alone.
  const isSolver = algorithmType !== undefined;
  return { isSplit: isLearned && (!isSolver || predictionType === "epsilon"), varianceType };
}
