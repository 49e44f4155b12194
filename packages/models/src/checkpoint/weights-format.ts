import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import type { CheckpointTensor } from "./checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";
import { readTorchFile } from "./torch-file/read-torch-file.ts";

/** A kind of weights file. */
export interface WeightsFormat {
  /** What the names of its files end with. */
  readonly ending: string;
  /** Reads which arrays a file holds and where they lie. */
  read(file: RepositoryFile, options: ReadOptions): Promise<ReadonlyMap<string, CheckpointTensor>>;
}

/** The kinds of weights files, those first that are preferred, as diffusers prefers them. */
export const weightsFormats: readonly WeightsFormat[] = [
  { ending: ".safetensors", read: readSafetensors },
  { ending: ".bin", read: readTorchFile },
];

/** Name of the weights of a model in one file, without the ending: `diffusion_pytorch_model.fp16`. */
export function weightsStem(variant: string | undefined): string {
  return variant === undefined ? "diffusion_pytorch_model" : `diffusion_pytorch_model.${variant}`;
}

/**
 * Names that the index of a checkpoint in shards can have. Python inserts the variant before the last ending, and did so
 * one ending earlier for a while.
 */
export function indexNames(ending: string, variant: string | undefined): readonly string[] {
  const stem = `diffusion_pytorch_model${ending}`;
  if (variant === undefined) return [`${stem}.index.json`];
  return [`${stem}.index.${variant}.json`, `${stem}.${variant}.index.json`];
}
