import { formatConfig } from "@onestep/core/internal/files";
import type { OptionNames } from "@onestep/core/internal/known-options";
import { bytesFile, type UploadFile } from "@onestep/hub";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { parseShardSize } from "./parse-shard-size.ts";
import { SafetensorsLayout } from "./safetensors-layout.ts";
import { splitIntoShards } from "./split-into-shards.ts";
import { checkVariant, type WeightsNames } from "./weights-file-names.ts";

/** How to name and split the weights of a saved model. */
export interface ModelFilesOptions {
  /** `"fp16"` names the weights `diffusion_pytorch_model.fp16.safetensors`. The arrays are not converted. */
  readonly variant?: string | undefined;
  /**
   * Maximum bytes of arrays per weights file: a number, or a string such as `"500MB"` or `"5GB"` (units of 1000).
   * Larger models are split into shards with an index; an array above the limit gets its own shard.
   * `"10GB"` by default, as in diffusers.
   */
  readonly maxShardSize?: number | string | undefined;
}

/** The names of {@link ModelFilesOptions}. */
export const modelFilesOptionNames: OptionNames<ModelFilesOptions> = { variant: true, maxShardSize: true };

/** A model that can be saved. */
export interface SavableModel {
  /** Made by a ConfigSchema. */
  readonly config: object;
  readonly checkpoint: Checkpoint;
  /** Prefix of the weights file names. */
  readonly names: WeightsNames;
  /** PyTorch's `state_dict` order, used to split weights into shards. */
  readonly compareNames: (left: string, right: string) => number;
}

/**
 * The files of a saved model: `config.json`, the weights in one safetensors file or in shards, and last the shard index.
 * Arrays are read only when a file is.
 *
 * @throws InvalidArgumentError if an option is invalid.
 */
export function listModelFiles(model: SavableModel, options: ModelFilesOptions = {}): readonly UploadFile[] {
  const { variant, maxShardSize = "10GB" } = options;
  checkVariant(variant);
  const maxShardBytes = parseShardSize(maxShardSize);
  const tensors = [...model.checkpoint.tensors].sort(([left], [right]) => model.compareNames(left, right));
  const lengths = new Map(tensors.map(([name, { length }]) => [name, length]));
  const { files, index } = splitIntoShards(lengths, { maxShardBytes, variant, names: model.names });
  const weights = [...files].map(([name, names]) => weightsFile(name, names, model.checkpoint.tensors));
  return [
    bytesFile("config.json", formatConfig(model.config)),
    ...weights,
    ...(index === undefined ? [] : [bytesFile(index.name, index.text)]),
  ];
}

function weightsFile(
  path: string,
  names: readonly string[],
  tensors: ReadonlyMap<string, CheckpointTensor>,
): UploadFile {
  const wanted = new Set(names);
  const layout = new SafetensorsLayout(new Map([...tensors].filter(([name]) => wanted.has(name))));
  return { path, size: layout.size, read: (start, end, options) => layout.read(start, end, options) };
}
