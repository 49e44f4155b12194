import { parsePythonJson } from "@onestep/core/files";
import type { ReadOptions } from "@onestep/hub";
import { type UNet2DModelConfig, unet2DModelConfigSchema } from "@onestep/models";
import { findComponentFolder } from "./find-component-folder.ts";
import type { PipelineSource } from "./load-components.ts";

/** The config of a pipeline's model and where it was found. */
export interface FoundUnetConfig {
  readonly config: UNet2DModelConfig;
  /** The folder of the model in the repository; `""` for the root. */
  readonly folder: string;
}

/**
 * Reads the config of a pipeline's model, and nothing of its weights.
 *
 * @throws EntryNotFoundError where there is none.
 * @throws InvalidConfigError where it is wrong.
 */
export async function readUnetConfig(
  { repository }: Pick<PipelineSource, "repository">,
  { signal, onProgress }: ReadOptions,
): Promise<FoundUnetConfig> {
  const folder = await findComponentFolder(repository, "unet", "config.json", { signal, onProgress });
  const file = await repository.get(folder === "" ? "config.json" : `${folder}/config.json`, {
    signal,
    onProgress,
  });
  const source = `${file.path} of ${repository.name}`;
  const document = parsePythonJson(await file.text({ signal }), source);
  return { config: unet2DModelConfigSchema.fromJson(document, source), folder };
}
