import { OfflineError, openRepository, type Repository } from "@onestep/hub";
import { openCheckpoint } from "@onestep/models";
import type { RepositorySettings } from "../repository-settings.ts";
import type { WeightsFindings } from "./model-report.ts";

/**
 * Finds out what is known of the weights of a UNet without fetching them: their headers where they are on this machine,
 * else what a listing says.
 *
 * @throws CheckpointError where there are no weights, or a file is damaged.
 * @throws UnsupportedError where they are of a kind that is not read.
 */
export async function findWeights(
  repository: Repository,
  settings: RepositorySettings,
): Promise<WeightsFindings> {
  const { variant, signal } = settings;
  // Without requests, what is not on this machine is an error in place of a download.
  const local = await openRepository(repository.name, {
    ...settings,
    revision: repository.commit,
    localFilesOnly: true,
  });
  try {
    const { files, tensors } = await openCheckpoint(local, { subfolder: "unet", variant, signal });
    return {
      files: files.map(({ path, size }) => ({ path, size })),
      isLocal: true,
      tensors: tensors.size,
      dtypes: [...new Set([...tensors.values()].map(({ elementType }) => elementType))].sort(),
    };
  } catch (error) {
    if (!OfflineError.isInstance(error)) throw error;
  }
  const paths = chooseWeights((await repository.list({ signal })) ?? [], variant);
  return { files: paths.map((path) => ({ path, size: null })), isLocal: false, tensors: null, dtypes: null };
}

/** The weights files of a listing that would be loaded: one file or its shards, safetensors before torch's format. */
export function chooseWeights(paths: readonly string[], variant: string | undefined): readonly string[] {
  const stem = `unet/diffusion_pytorch_model${variant === undefined ? "" : `.${variant}`}`;
  for (const ending of [".safetensors", ".bin"]) {
    const whole = paths.filter((path) => path === stem + ending);
    if (whole.length > 0) return whole;
    const shards = paths.filter(
      (path) =>
        path.startsWith(`${stem}-`) &&
        /^\d+-of-\d+$/.test(path.slice(stem.length + 1, -ending.length)) &&
        path.endsWith(ending),
    );
    if (shards.length > 0) return shards;
  }
  return [];
}
