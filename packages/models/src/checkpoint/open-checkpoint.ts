import { UnsupportedError } from "@onestep/core";
import type { ReadOptions, Repository, RepositoryFile } from "@onestep/hub";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { readSafetensors } from "./safetensors.ts";
import { readSafetensorsIndex } from "./safetensors-index.ts";

/** Which weights to open. */
export interface OpenCheckpointOptions extends ReadOptions {
  /** Folder of the component in the repository (`unet`); the root by default. */
  readonly subfolder?: string | undefined;
  /** `fp16` asks for `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string | undefined;
}

/**
 * Finds the weights of a component, in one safetensors file or in shards, and reads what arrays they hold.
 *
 * @throws CheckpointError where there are none, or a file is damaged.
 * @throws UnsupportedError where there is only a torch pickle.
 */
export async function openCheckpoint(
  repository: Repository,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const { subfolder, variant, ...readOptions } = options;
  const folder = subfolder === undefined || subfolder === "" ? "" : `${subfolder}/`;
  const stem = `${folder}diffusion_pytorch_model${variant === undefined ? "" : `.${variant}`}`;
  const whole = await repository.find(`${stem}.safetensors`, readOptions);
  if (whole !== undefined) return { files: [whole], tensors: await readSafetensors(whole, readOptions) };
  const index = await repository.find(`${indexStem(folder, variant)}.json`, readOptions);
  if (index !== undefined) return openShards(repository, index, folder, readOptions);
  throw await noWeights(repository, stem, folder, variant);
}

/** Python inserts the variant before `.index`: `diffusion_pytorch_model.safetensors.index.fp16.json`. */
function indexStem(folder: string, variant: string | undefined): string {
  return `${folder}diffusion_pytorch_model.safetensors.index${variant === undefined ? "" : `.${variant}`}`;
}

async function openShards(
  repository: Repository,
  index: RepositoryFile,
  folder: string,
  options: ReadOptions,
): Promise<Checkpoint> {
  const shardOfTensor = readSafetensorsIndex(await index.text(options), index.path);
  const names = [...new Set(shardOfTensor.values())].sort();
  const files: RepositoryFile[] = [];
  const tensors = new Map<string, CheckpointTensor>();
  for (const name of names) {
    const file = await repository.get(`${folder}${name}`, options);
    files.push(file);
    for (const [tensorName, tensor] of await readSafetensors(file, options)) {
      if (shardOfTensor.get(tensorName) !== name) {
        throw new CheckpointError({
          subject: `${file.path}: ${JSON.stringify(tensorName)}`,
          found: "an array that the index does not place in this shard",
          expected: `${shardOfTensor.get(tensorName) ?? "no array of that name"}`,
          remedy: "Index and shards are of different checkpoints: fetch all of them again.",
        });
      }
      tensors.set(tensorName, tensor);
    }
  }
  return { files, tensors };
}

async function noWeights(
  repository: Repository,
  stem: string,
  folder: string,
  variant: string | undefined,
): Promise<CheckpointError | UnsupportedError> {
  const paths =
    (await repository.list())?.filter((path) => path.startsWith(`${folder}diffusion_pytorch_model`)) ?? [];
  const found = paths.length === 0 ? "no weights" : paths.join(", ");
  const subject = `weights in ${repository.name}`;
  const expected = `${stem}.safetensors, or its shards and index`;
  if (variant === undefined && paths.some((path) => path.endsWith(".bin"))) {
    return new UnsupportedError({
      subject,
      found: `${found} (a torch pickle)`,
      expected,
      remedy: "Save it as safetensors: in Python, `pipe.save_pretrained(folder)`.",
    });
  }
  const remedy =
    variant === undefined
      ? "Check the name, the subfolder and the variant."
      : `Leave out \`variant\` (now ${JSON.stringify(variant)}), or choose one that the repository has.`;
  return new CheckpointError({ subject, found, expected, remedy });
}
