import { OfflineError, openRepository, type Repository } from "@onestep/hub";
import { openCheckpoint } from "@onestep/models";
import type { RepositorySettings } from "../repository-settings.ts";
import type { WeightsFindings } from "./model-report.ts";

/** What {@link findWeights} found. */
export interface FoundWeights {
  readonly weights: WeightsFindings;
  /** Names of the arrays; none where they are not known without fetching the weights. */
  readonly tensorNames: readonly string[];
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
  const { variant, signal } = settings;
  // Without requests, what is not on this machine is an error in place of a download.
  const local = await openRepository(repository.name, {
    ...settings,
    revision: repository.commit,
    localFilesOnly: true,
  });
  try {
    const { files, tensors } = await openCheckpoint(local, { subfolder: folder, variant, signal });
    return {
      weights: {
        files: files.map(({ path, size }) => ({ path, size })),
        isLocal: true,
        tensors: tensors.size,
        dtypes: [...new Set([...tensors.values()].map(({ elementType }) => elementType))].sort(),
      },
      tensorNames: [...tensors.keys()],
    };
  } catch (error) {
    if (!OfflineError.isInstance(error)) throw error;
  }
  const paths = chooseWeights((await repository.list({ signal })) ?? [], folder, variant);
  const files = paths.map((path) => ({ path, size: null }));
  return { weights: { files, isLocal: false, tensors: null, dtypes: null }, tensorNames: [] };
}

/** The weights files of a listing that would be loaded: one file or its shards, safetensors before torch's format. */
export function chooseWeights(
  paths: readonly string[],
  folder: string,
  variant: string | undefined,
): readonly string[] {
  const base = `${folder === "" ? "" : `${folder}/`}diffusion_pytorch_model`;
  const suffix = variant === undefined ? "" : `.${variant}`;
  for (const ending of [".safetensors", ".bin"]) {
    const whole = paths.filter((path) => path === base + suffix + ending);
    if (whole.length > 0) return whole;
    // The variant stands before the number of a shard, and for a while stood behind it.
    const shards = paths.filter((path) => {
      const name = path.startsWith(base) ? path.slice(base.length) : "";
      const number = /-\d+-of-\d+/.exec(name)?.[0] ?? "";
      return number !== "" && [suffix + number + ending, number + suffix + ending].includes(name);
    });
    if (shards.length > 0) return shards;
  }
  return [];
}
