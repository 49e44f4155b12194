import type { Repository } from "@onestep/hub";
import { CheckpointError } from "../errors.ts";
import { listNames } from "./list-names.ts";
import { type WeightsNames, weightsCandidates } from "./weights-file-names.ts";

const weightsLike = /\.(safetensors|bin|pt|pth|ckpt|msgpack|h5|onnx|gguf|pkl|pb)$/;

/** The error for a component without weights: says what is there instead. */
export async function noWeights(
  repository: Repository,
  folder: string,
  variant: string | undefined,
  weightsNames: WeightsNames,
): Promise<CheckpointError> {
  const paths = ((await repository.list()) ?? []).filter(
    (path) =>
      path.startsWith(folder) &&
      !path.slice(folder.length).includes("/") &&
      (weightsLike.test(path) || path.startsWith(`${folder}${weightsNames.safetensors}`)),
  );
  const candidates = weightsCandidates(variant, weightsNames);
  return new CheckpointError({
    subject: `weights in ${repository.name}`,
    found: paths.length === 0 ? "no weights" : listNames(paths, 5),
    expected: `${candidates.map(({ whole }) => `${folder}${whole}`).join(" or ")}, or shards and their index`,
    remedy: chooseRemedy(
      paths.map((path) => path.slice(folder.length)),
      variant,
      weightsNames,
    ),
  });
}

function chooseRemedy(
  names: readonly string[],
  variant: string | undefined,
  weightsNames: WeightsNames,
): string {
  if (names.length === 0) return "Check the name, the subfolder and the variant.";
  const ours = names.filter((name) => name.startsWith(weightsNames.safetensors));
  if (ours.some((name) => /-\d{5}-of-\d{5}/.test(name)) && !names.some((name) => name.endsWith(".json"))) {
    return `These are shards without their index: fetch ${weightsNames.safetensors}.safetensors.index.json, or save the model again.`;
  }
  if (ours.length > 0 && variant !== undefined) {
    return `Leave out \`variant\` (now ${JSON.stringify(variant)}), or choose one that the repository has.`;
  }
  if (ours.length > 0) return "Pass the `variant` that the repository has.";
  const [other] = names.filter((name) => /\.(safetensors|bin|pt|pth|ckpt)$/.test(name));
  if (other !== undefined) {
    const ending = other.endsWith(".safetensors") ? ".safetensors" : ".bin";
    const name = weightsCandidates(variant, weightsNames).find((candidate) => candidate.ending === ending);
    return `If ${other} has the weights of this model, rename it to ${name?.whole}.`;
  }
  if (names.some((name) => name.endsWith(".msgpack"))) {
    return "Weights of Flax are not read. Convert them in Python: UNet2DModel.from_pretrained(folder, from_flax=True).save_pretrained(folder).";
  }
  return "None of these is read. Save the model with save_pretrained of diffusers.";
}
