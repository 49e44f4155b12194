import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "@onestep/core";
import { readFileNameClaims } from "@onestep/models";
import { CMStochasticIterativeScheduler, type Scheduler, type SchedulerClass } from "@onestep/schedulers";

/**
 * Checks that a single file is no part of a model in diffusers' layout.
 *
 * @throws InvalidArgumentError where it is; the folder to name is in the message.
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

/**
 * What to load an original checkpoint with where its name does not tell how the model was trained; `undefined` where it
 * does. A scheduler that was asked for takes the place of this one, and its config.
 *
 * @throws InvalidArgumentError where nothing was asked for either.
 */
export function schedulerOfFile(
  model: string,
  schedulerClass: SchedulerClass | undefined,
): Scheduler | undefined {
  const name = basename(URL.canParse(model) ? new URL(model).pathname : model.replaceAll("\\", "/"));
  const { training, images } = readFileNameClaims(name);
  if (training === "edm" || training === "cd" || (training === "ct" && images !== undefined))
    return undefined;
  if (schedulerClass !== undefined) return new CMStochasticIterativeScheduler();
  throw new InvalidArgumentError({
    subject: "--scheduler",
    found: `none, and the file name ${JSON.stringify(name)}, which does not say how the model was trained`,
    expected:
      "a scheduler, or a name as OpenAI gave: cd_imagenet64_l2.pt, ct_bedroom256.pt, edm_cat256_ema.pt",
    remedy:
      "Add --scheduler cm-stochastic-iterative for a consistency model, --scheduler edm-heun for a diffusion model.",
  });
}

function localPathOf(url: URL): string | undefined {
  if (url.protocol !== "file:") return undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}
