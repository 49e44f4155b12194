import { getFiles, type ReadOptions, type Repository, type RepositoryFile } from "@onestep/hub";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { readShardIndex } from "./shard-index.ts";
import { indexNames, type WeightsFormat, weightsFormats, weightsStem } from "./weights-format.ts";

/** Which weights to open. */
export interface OpenCheckpointOptions extends ReadOptions {
  /** Folder of the component in the repository (`unet`); the root by default. */
  readonly subfolder?: string | undefined;
  /** `fp16` asks for `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string | undefined;
}

/**
 * Finds the weights of a component and reads what arrays they hold. In the order in which they are looked for: a
 * safetensors file, safetensors in shards, a file of torch (`.bin`), files of torch in shards.
 *
 * @throws CheckpointError where there are none, or a file is damaged.
 * @throws UnsafePickleError where a file of torch holds more than arrays.
 * @throws UnsupportedError where a file of torch is of a kind that is not read.
 */
export async function openCheckpoint(
  repository: Repository,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const { subfolder, variant, ...readOptions } = options;
  const folder = subfolder === undefined || subfolder === "" ? "" : `${subfolder}/`;
  for (const format of weightsFormats) {
    const whole = await repository.find(`${folder}${weightsStem(variant)}${format.ending}`, readOptions);
    if (whole !== undefined) return { files: [whole], tensors: await format.read(whole, readOptions) };
    for (const name of indexNames(format.ending, variant)) {
      const index = await repository.find(`${folder}${name}`, readOptions);
      if (index !== undefined) return openShards({ repository, folder, index, format }, readOptions);
    }
  }
  throw await noWeights(repository, folder, variant);
}

async function openShards(
  {
    repository,
    folder,
    index,
    format,
  }: {
    readonly repository: Repository;
    readonly folder: string;
    readonly index: RepositoryFile;
    readonly format: WeightsFormat;
  },
  options: ReadOptions,
): Promise<Checkpoint> {
  const shardOfTensor = readShardIndex(await index.text(options), index.path, format.ending);
  const names = [...new Set(shardOfTensor.values())].sort();
  const files = await getFiles(
    repository,
    names.map((name) => `${folder}${name}`),
    options,
  );
  const tensors = new Map<string, CheckpointTensor>();
  for (const [shard, name] of names.entries()) {
    const file = files[shard] as RepositoryFile;
    for (const [tensorName, tensor] of await format.read(file, options)) {
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
  folder: string,
  variant: string | undefined,
): Promise<CheckpointError> {
  const paths =
    (await repository.list())?.filter((path) => path.startsWith(`${folder}diffusion_pytorch_model`)) ?? [];
  const stem = `${folder}${weightsStem(variant)}`;
  return new CheckpointError({
    subject: `weights in ${repository.name}`,
    found: paths.length === 0 ? "no weights" : paths.join(", "),
    expected: `${weightsFormats.map(({ ending }) => `${stem}${ending}`).join(" or ")}, or shards and their index`,
    remedy: chooseRemedy(paths.length > 0, variant),
  });
}

function chooseRemedy(isAnyThere: boolean, variant: string | undefined): string {
  if (variant !== undefined) {
    return `Leave out \`variant\` (now ${JSON.stringify(variant)}), or choose one that the repository has.`;
  }
  return isAnyThere
    ? "Pass the `variant` that the repository has."
    : "Check the name, the subfolder and the variant.";
}
