import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import type { UNet2DModelConfig } from "@onestep/models";
import type { Scheduler } from "@onestep/schedulers";
import { componentClassName } from "../model-index/model-index.ts";
import type { OutputType } from "./generate-options.ts";

/** What {@link requireRunnable} judges. */
export interface ModelInUse {
  /** The config of the model. */
  readonly config: Pick<UNet2DModelConfig, "classEmbedType" | "inChannels" | "outChannels">;
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
  // Of a scheduler of somebody's own, only its author knows what it takes.
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
