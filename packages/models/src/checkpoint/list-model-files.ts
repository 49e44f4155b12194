import type { OptionNames } from "@onestep/core/internal";
import { formatConfig } from "@onestep/core/internal/files";
import { bytesFile, type UploadFile } from "@onestep/hub";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { parseShardSize } from "./parse-shard-size.ts";
import { SafetensorsLayout } from "./safetensors-layout.ts";
import { splitIntoShards } from "./split-into-shards.ts";
import { checkVariant, type WeightsNames } from "./weights-file-names.ts";

/** How the weights of a saved model are named and divided. */
export interface ModelFilesOptions {
  /** `"fp16"` names the weights `diffusion_pytorch_model.fp16.safetensors`. The arrays are saved as they are. */
  readonly variant?: string | undefined;
  /**
   * The most bytes of arrays in one weights file: a number, or a text such as `"500MB"` or `"5GB"` (units of 1000).
   * What is more goes into shards with an index beside them; an array that is larger by itself has a shard of its own.
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
  /** What the names of the weights files begin with. */
  readonly names: WeightsNames;
  /** The order of PyTorch's `state_dict`, by which weights are divided among shards. */
  readonly compareNames: (left: string, right: string) => number;
}

/**
 * The files that a model is saved as: `config.json`, the weights in one safetensors file or in shards, and the index of
 * the shards, last. Nothing of the arrays is read before a file is.
 *
 * @throws InvalidArgumentError where an option is wrong.
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
