import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "@onestep/core";
import { EntryNotFoundError } from "@onestep/hub";
import { readFileNameClaims, type UNet2DModelConfig, unet2DModelConfigSchema } from "@onestep/models";
import { schedulerForFile } from "@onestep/pipelines";
import { CMStochasticIterativeScheduler, type Scheduler, type SchedulerClass } from "@onestep/schedulers";
import type { SingleFileSettings } from "../arguments/repository-options.ts";

const fileEnding = /\.(pt|pth|ckpt|bin|safetensors|pkl|gguf|onnx|h5|msgpack)$/i;

/**
 * Whether a model on the command line is a single file such as `cd_imagenet64_l2.pt`, given by path or URL. If the path
 * exists, its type decides; otherwise its extension.
 *
 * @throws EntryNotFoundError if a path with a checkpoint's extension does not exist.
 */
export async function isSingleFile(model: string): Promise<boolean> {
  const url = URL.canParse(model) ? new URL(model) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return fileEnding.test(url.pathname);
  const status = await stat(url?.protocol === "file:" ? url : model).catch(() => undefined);
  if (status !== undefined) return !status.isDirectory();
  if (!fileEnding.test(url?.pathname ?? model)) return false;
  throw new EntryNotFoundError({
    subject: model,
    found: "nothing",
    expected: "a file or a folder of that name",
    remedy:
      "Check the path. A file on the Hub is named by its address: https://huggingface.co/owner/name/blob/main/model.pt.",
    summary: `${model} does not exist.`,
  });
}

/**
 * Checks that a single file is not part of a model in diffusers' layout.
 *
 * @throws InvalidArgumentError if it is; the message names the folder to use.
 */
export async function checkSingleFile(model: string): Promise<void> {
  const path = URL.canParse(model) ? localPathOf(new URL(model)) : model;
  if (path === undefined || !existsSync(join(dirname(path), "config.json"))) return;
  const folder = dirname(path);
  const hasPipeline = existsSync(join(dirname(folder), "model_index.json"));
  throw new InvalidArgumentError({
    subject: model,
    found: "a weights file of diffusers' layout, beside its config.json",
    expected: "the folder of a pipeline, or a checkpoint that is a model in one file",
    remedy: hasPipeline
      ? `Name the folder: ${dirname(folder)}.`
      : "Name the folder with model_index.json that it belongs to.",
  });
}

/** What is known of a network before its file is fetched. */
export interface PresumedConfig {
  readonly config: UNet2DModelConfig;
  /** Whether the number of classes is known. */
  readonly tellsClasses: boolean;
}

/**
 * Infers the network of an original checkpoint from its name and the options. An unknown image size defaults to that of
 * OpenAI's larger checkpoints: other files need `--sample-size`.
 */
export function presumedConfig(
  model: string,
  { sampleSize, numClassEmbeds }: Pick<SingleFileSettings, "sampleSize" | "numClassEmbeds">,
): PresumedConfig {
  const { images } = readFileNameClaims(fileNameOf(model));
  const isImageNet = images === "imagenet64";
  return {
    config: unet2DModelConfigSchema.fromOptions({
      sampleSize: sampleSize ?? (isImageNet ? 64 : 256),
      numClassEmbeds: isImageNet ? 1000 : images === undefined ? numClassEmbeds : null,
    }),
    tellsClasses: images !== undefined || numClassEmbeds !== undefined,
  };
}

/**
 * The scheduler that an original checkpoint was trained for; if its name does not say, one that provides the config for
 * the requested scheduler.
 *
 * @throws InvalidArgumentError if none was requested either.
 */
export function schedulerOfFile(model: string, schedulerClass: SchedulerClass | undefined): Scheduler {
  const name = fileNameOf(model);
  const { training, images } = readFileNameClaims(name);
  if (training === "edm" || training === "cd" || (training === "ct" && images !== undefined)) {
    return schedulerForFile(name);
  }
  if (schedulerClass !== undefined) return new CMStochasticIterativeScheduler();
  throw new InvalidArgumentError({
    subject: "--scheduler",
    found: `none, and the file name ${JSON.stringify(name)}, which does not say how the model was trained`,
    expected:
      "a scheduler, or a file name of OpenAI's: cd_imagenet64_l2.pt, ct_bedroom256.pt, edm_cat256_ema.pt",
    remedy:
      "Add --scheduler cm-stochastic-iterative for a consistency model, --scheduler edm-heun for a diffusion model.",
  });
}

function fileNameOf(model: string): string {
  return basename(URL.canParse(model) ? new URL(model).pathname : model.replaceAll("\\", "/"));
}

function localPathOf(url: URL): string | undefined {
  if (url.protocol !== "file:") return undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}
