import { InvalidArgumentError } from "@onestep/core";
import type { FileLocation } from "@onestep/hub";
import { type FileNameClaims, readFileNameClaims } from "@onestep/models";
import { CMStochasticIterativeScheduler, EDMHeunScheduler, type Scheduler } from "@onestep/schedulers";

/**
 * The scheduler that an original checkpoint was trained for, by its name (openai/consistency_models
 * `scripts/launch.sh`; diffusers `scripts/convert_consistency_to_diffusers.py`). The diffusion models that consistency
 * models are distilled from are sampled by Heun's method, and see the timesteps that those do.
 *
 * @throws InvalidArgumentError where the name tells none.
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
      "a scheduler, or a name as OpenAI gave: cd_imagenet64_l2.pt, ct_bedroom256.pt, edm_cat256_ema.pt",
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
