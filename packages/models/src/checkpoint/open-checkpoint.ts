import { warn } from "@onestep/core/internal";
import {
  EntryNotFoundError,
  getFiles,
  type ReadOptions,
  type Repository,
  type RepositoryFile,
} from "@onestep/hub";
import { CheckpointError } from "../errors.ts";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { shortenName } from "./list-names.ts";
import { noWeights } from "./no-weights.ts";
import { readWeightsFile } from "./read-weights-file.ts";
import { readShardIndex } from "./shard-index.ts";
import { diffusersNames, type WeightsNames, weightsCandidates } from "./weights-file-names.ts";

/** Which weights to open. */
export interface OpenCheckpointOptions extends ReadOptions {
  /** Folder of the component in the repository (`unet`); the root by default. */
  readonly subfolder?: string | undefined;
  /** `fp16` selects `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string | undefined;
  /** The entry of a torch file to load (`"ema"`), if it holds several state dicts. */
  readonly stateDictKey?: string | undefined;
  /** Prefix of the file names; diffusers' by default. */
  readonly names?: WeightsNames | undefined;
}

/** Where to look for a component's weights. */
interface Place {
  readonly repository: Repository;
  /** `""`, or with a trailing slash. */
  readonly folder: string;
}

type Options = Omit<OpenCheckpointOptions, "subfolder" | "variant" | "names">;

/**
 * Finds the weights of a component and lists their arrays. Tries, in diffusers' order: sharded safetensors with an index, a
 * safetensors file, a torch file (`.bin`), sharded torch files. If there are both an index and a whole file, a warning says
 * which of the two is ignored.
 *
 * @throws CheckpointError if there are none, a file is damaged, or shards named by the index are missing.
 * @throws UnsafePickleError if a torch file contains more than arrays.
 * @throws UnsupportedError if a torch file is of an unsupported kind.
 * @throws InvalidArgumentError if `stateDictKey` is given for safetensors.
 *
 * @example
 * const repository = await openRepository("google/ddpm-cat-256");
 * const { tensors } = await openCheckpoint(repository);
 * for (const [name, { dtype, shape }] of tensors) console.log(name, dtype, shape);
 */
export async function openCheckpoint(
  repository: Repository,
  options: OpenCheckpointOptions = {},
): Promise<Checkpoint> {
  const { subfolder, variant, names = diffusersNames, ...readOptions } = options;
  const folder = subfolder === undefined || subfolder === "" ? "" : `${subfolder}/`;
  const place = { repository, folder };
  for (const candidate of weightsCandidates(variant, names)) {
    const whole = `${folder}${candidate.whole}`;
    const indexes = candidate.indexes.map((name) => `${folder}${name}`);
    // Python reads an index of torch files only if asked to, and the whole file otherwise.
    const isIndexFirst = candidate.ending === ".safetensors";
    const checkpoint =
      (isIndexFirst ? await openIndexed(place, indexes, whole, readOptions) : undefined) ??
      (await openWhole(place, whole, indexes, readOptions)) ??
      (isIndexFirst ? undefined : await openIndexed(place, indexes, whole, readOptions));
    if (checkpoint !== undefined) return checkpoint;
  }
  throw await noWeights(repository, folder, variant, names);
}

async function openWhole(
  { repository }: Place,
  path: string,
  indexes: readonly string[],
  options: Options,
): Promise<Checkpoint | undefined> {
  const { stateDictKey, ...readOptions } = options;
  const file = await repository.find(path, readOptions);
  if (file === undefined) return undefined;
  const tensors = await readWeightsFile(file, options);
  if (path.endsWith(".bin")) await warnOfOther(repository, indexes, path, readOptions);
  return { files: [file], tensors };
}

async function openIndexed(
  { repository, folder }: Place,
  indexes: readonly string[],
  whole: string,
  options: Options,
): Promise<Checkpoint | undefined> {
  const { stateDictKey, ...readOptions } = options;
  for (const path of indexes) {
    const index = await repository.find(path, readOptions);
    if (index === undefined) continue;
    const ending = whole.slice(whole.lastIndexOf("."));
    const shardOfTensor = readShardIndex(await index.text(readOptions), index.path, ending);
    const names = [...new Set(shardOfTensor.values())].sort().map((name) => `${folder}${name}`);
    const files = await findShards(repository, names, { index: path, whole }, readOptions);
    const tensors = await readShards(files, (name) => `${folder}${shardOfTensor.get(name)}`, options);
    await warnOfOther(repository, [whole], path, readOptions);
    return { files, tensors };
  }
  return undefined;
}

/** Makes the shards available; reports missing ones before fetching the others. */
async function findShards(
  repository: Repository,
  paths: readonly string[],
  { index, whole }: { readonly index: string; readonly whole: string },
  options: ReadOptions,
): Promise<readonly RepositoryFile[]> {
  const listed = await listFiles(repository, options);
  const missing = paths.filter((path) => listed !== undefined && !listed.includes(path));
  let cause: unknown;
  if (missing.length === 0) {
    try {
      return await getFiles(repository, paths, options);
    } catch (error) {
      if (!EntryNotFoundError.isInstance(error)) throw error;
      cause = error;
    }
  }
  const [first = "a shard that it names"] = missing;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
  throw new CheckpointError(
    {
      subject: `${index} in ${repository.name}`,
      found: `no ${first}${more}${listed?.includes(whole) ? `, and ${whole}, which is not of this index` : ""}`,
      expected: `the ${paths.length} shards that the index names`,
      remedy: listed?.includes(whole)
        ? `Fetch the shards; or remove the index to load ${whole}.`
        : "Fetch the shards, or save the model again.",
    },
    { cause },
  );
}

/** All arrays of all shards, including those the index does not name, as in Python. */
async function readShards(
  files: readonly RepositoryFile[],
  shardOf: (name: string) => string,
  options: Options,
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const tensors = new Map<string, CheckpointTensor>();
  for (const file of files) {
    for (const [name, tensor] of await readWeightsFile(file, options)) {
      const other = tensors.get(name);
      if (other !== undefined) {
        throw new CheckpointError({
          subject: `${file.path}: ${shortenName(name)}`,
          found: `an array that is in ${other.file.path} as well`,
          expected: `each array once; this one in ${shardOf(name)}, as the index says`,
          remedy: "Index and shards are of different checkpoints: fetch all of them again.",
        });
      }
      tensors.set(name, tensor);
    }
  }
  return tensors;
}

/** Warns if another source of the same weights exists and is ignored. */
async function warnOfOther(
  repository: Repository,
  others: readonly string[],
  read: string,
  options: ReadOptions,
): Promise<void> {
  const other = (await listFiles(repository, options))?.find((path) => others.includes(path));
  if (other === undefined) return;
  warn(
    `${repository.name}: ${read} is read, as in diffusers, and ${other} is not. They may differ: remove the one that is not meant.`,
    "checkpoint",
  );
}

/** The available files; `undefined` if they cannot be listed, which does not prevent loading. */
async function listFiles(
  repository: Repository,
  options: ReadOptions,
): Promise<readonly string[] | undefined> {
  try {
    return await repository.list(options);
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}
