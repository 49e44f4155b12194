import { OfflineError, openRepository, type Repository } from "@onestep/hub";
import { type Checkpoint, openCheckpoint } from "@onestep/models";
import type { RepositorySettings } from "../repository-settings.ts";
import type { WeightsFindings } from "./model-report.ts";

/** What {@link findWeights} found. */
export interface FoundWeights {
  readonly weights: WeightsFindings;
  /** The arrays by their names; `undefined` where they are not known without fetching the weights. */
  readonly tensors: Checkpoint["tensors"] | undefined;
}

/**
 * Finds out what is known of the weights of a UNet without fetching them: their headers where they are on this machine,
 * else what a listing says.
 *
 * @param folder - Of the UNet in the repository; `""` for the root.
 * @throws CheckpointError where there are no weights, or a file is damaged.
 * @throws UnsupportedError where they are of a kind that is not read.
 */
export async function findWeights(
  repository: Repository,
  folder: string,
  settings: RepositorySettings,
): Promise<FoundWeights> {
  const { variant, stateDictKey, signal } = settings;
  // Without requests, what is not on this machine is an error in place of a download.
  const local = await openRepository(repository.name, {
    ...settings,
    revision: repository.commit,
    localFilesOnly: true,
  });
  try {
    const { files, tensors } = await openCheckpoint(local, {
      subfolder: folder,
      variant,
      stateDictKey,
      signal,
    });
    return {
      weights: {
        files: files.map(({ path, size }) => ({ path, size })),
        isLocal: true,
        tensors: tensors.size,
        dtypes: [...new Set([...tensors.values()].map(({ dtype }) => dtype))].sort(),
      },
      tensors,
    };
  } catch (error) {
    if (!OfflineError.isInstance(error)) throw error;
  }
  const paths = chooseWeights((await repository.list({ signal })) ?? [], folder, variant);
  const files = paths.map((path) => ({ path, size: null }));
  return { weights: { files, isLocal: false, tensors: null, dtypes: null }, tensors: undefined };
}

/**
 * The weights files of a listing that would be loaded, in the order of `openCheckpoint`: safetensors before files of torch;
 * shards before a whole safetensors file where their index is there.
 */
export function chooseWeights(
  paths: readonly string[],
  folder: string,
  variant: string | undefined,
): readonly string[] {
  const base = `${folder === "" ? "" : `${folder}/`}diffusion_pytorch_model`;
  const suffix = variant === undefined ? "" : `.${variant}`;
  for (const ending of [".safetensors", ".bin"]) {
    const whole = paths.filter((path) => path === base + suffix + ending);
    // The variant stands before the number of a shard, and for a while stood behind it.
    const shards = paths.filter((path) => {
      const name = path.startsWith(base) ? path.slice(base.length) : "";
      const number = /-\d+-of-\d+/.exec(name)?.[0] ?? "";
      return number !== "" && [suffix + number + ending, number + suffix + ending].includes(name);
    });
    const indexes = [`${ending}.index${suffix}.json`, `${ending}${suffix}.index.json`];
    const isIndexed = ending === ".safetensors" && indexes.some((name) => paths.includes(base + name));
    const [first, second] = isIndexed ? [shards, whole] : [whole, shards];
    if (first.length > 0) return first;
    if (second.length > 0) return second;
  }
  return [];
}
