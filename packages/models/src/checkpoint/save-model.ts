import { formatConfig, saveFile } from "@onestep/core";
import type { Checkpoint } from "./checkpoint.ts";
import { writeSafetensors } from "./write-safetensors.ts";

/** What {@link saveModel} writes. */
export interface SaveModelOptions {
  /** Made by a ConfigSchema. */
  readonly config: object;
  readonly checkpoint: Checkpoint;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes `config.json` and `diffusion_pytorch_model.safetensors` into a folder, the weights first, in pieces.
 *
 * @throws FileWriteError where the folder cannot be written.
 */
export async function saveModel(directory: string | URL, options: SaveModelOptions): Promise<void> {
  const { config, checkpoint, signal } = options;
  const weights = writeSafetensors(checkpoint.tensors, { signal });
  await saveFile(directory, "diffusion_pytorch_model.safetensors", weights, { signal });
  await saveFile(directory, "config.json", formatConfig(config), { signal });
}
