import { InvalidArgumentError } from "@onestep/core";
import { type OptionNames, requireKnownOptions } from "@onestep/core/internal/known-options";
import type { FileLocation, OpenRepositoryOptions } from "@onestep/hub";
import {
  type FileNameClaims,
  type LoadSingleFileOptions,
  loadSingleFileOptionNames,
  readFileNameClaims,
  UNet2DModel,
} from "@onestep/models";
import { CMStochasticIterativeScheduler, EDMHeunScheduler, type Scheduler } from "@onestep/schedulers";
import { type Id2Label, parseId2Label } from "./class-names.ts";
import type { UNet2DParts } from "./unet-2d-pipeline.ts";

/** Options of `fromSingleFile`. */
export interface PipelineFromSingleFileOptions extends LoadSingleFileOptions, OpenRepositoryOptions {
  /** Required if the file name does not reveal how the model was trained. */
  readonly scheduler?: Scheduler | undefined;
  /** Class names by class id. */
  readonly id2label?: Id2Label | undefined;
}

const optionNames: OptionNames<PipelineFromSingleFileOptions> = {
  ...loadSingleFileOptionNames,
  scheduler: true,
  id2label: true,
};

/**
 * Loads an original checkpoint with the scheduler it was trained for.
 *
 * @throws InvalidArgumentError if no scheduler is given and none can be inferred from the name; thrown before anything
 * is fetched, as for an unknown option.
 */
export async function loadSingleFile(
  source: FileLocation,
  options: PipelineFromSingleFileOptions,
): Promise<UNet2DParts> {
  requireKnownOptions("ConsistencyModelPipeline.fromSingleFile", options, optionNames);
  const { scheduler = schedulerForFile(source), id2label: labels, ...rest } = options;
  const id2label = labels === undefined ? undefined : parseId2Label(labels, "id2label");
  return { scheduler, id2label, unet: await UNet2DModel.fromSingleFile(source, rest) };
}

/**
 * Infers the scheduler of an original checkpoint from its name (openai/consistency_models `scripts/launch.sh`; diffusers
 * `scripts/convert_consistency_to_diffusers.py`). The teacher diffusion models are sampled with Heun's method, and take
 * the same timesteps as the consistency models.
 *
 * @throws InvalidArgumentError if none can be inferred.
 */
export function schedulerForFile(source: FileLocation): Scheduler {
  const name = fileName(source);
  const claims = readFileNameClaims(name);
  if (claims.training === "edm") return new EDMHeunScheduler({ timestepScale: 1000 });
  const numTrainTimesteps = trainTimesteps(claims);
  if (numTrainTimesteps !== undefined) return new CMStochasticIterativeScheduler({ numTrainTimesteps });
  throw new InvalidArgumentError({
    subject: "option scheduler",
    found: `no scheduler, and the name ${JSON.stringify(name)}`,
    expected:
      "a scheduler, or a file name that OpenAI published: cd_imagenet64_l2.pt, ct_bedroom256.pt, edm_cat256_ema.pt",
    remedy:
      "Pass `scheduler`: new CMStochasticIterativeScheduler({ numTrainTimesteps: 40 }) for a model trained by consistency distillation, a scheduler of the EDM family for a diffusion model.",
  });
}

function trainTimesteps({ training, images }: FileNameClaims): number | undefined {
  if (training === "cd") return 40;
  if (training !== "ct" || images === undefined) return undefined;
  return images === "imagenet64" ? 201 : 151;
}

/** The last segment of a path or a URL, without its query. */
function fileName(source: FileLocation): string {
  if (source instanceof File) return source.name;
  const path = URL.canParse(source) ? new URL(source).pathname : String(source);
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
