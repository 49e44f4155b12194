import type { PythonJsonObject } from "@onestep/core";
import { formatPythonJson } from "@onestep/core/internal/files";
import { type WeightsNames, weightsFileName, weightsIndexName } from "./weights-file-names.ts";

/** How {@link splitIntoShards} names and cuts. */
export interface SplitIntoShardsOptions {
  /** The most bytes of arrays that a shard has; a larger array has a shard of its own. */
  readonly maxShardBytes: number;
  readonly variant: string | undefined;
  /** What the names of the files begin with; as diffusers names them by default. */
  readonly names?: WeightsNames | undefined;
}

/** Which array goes into which file. */
export interface WeightShards {
  /** The names of the arrays of each file, by the file's name. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** The index of the shards; `undefined` where one file holds all. */
  readonly index: { readonly name: string; readonly text: string } | undefined;
}

/**
 * Divides arrays among files, in their order, as huggingface_hub does (`serialization/_base.py`,
 * `split_state_dict_into_shards_factory`): an array that does not fit any more begins the next shard, and nothing is
 * moved to fill gaps. The index is byte for byte that of diffusers' `ModelMixin.save_pretrained`.
 *
 * @param lengths - The length of each array in bytes, in the order of PyTorch's `state_dict`.
 */
export function splitIntoShards(
  lengths: ReadonlyMap<string, number>,
  { maxShardBytes, variant, names: stems }: SplitIntoShardsOptions,
): WeightShards {
  const shards: string[][] = [];
  let current: string[] = [];
  let currentBytes = 0;
  let totalBytes = 0;
  for (const [name, length] of lengths) {
    totalBytes += length;
    if (length > maxShardBytes) {
      shards.push([name]);
      continue;
    }
    if (currentBytes + length > maxShardBytes) {
      shards.push(current);
      current = [];
      currentBytes = 0;
    }
    current.push(name);
    currentBytes += length;
  }
  if (current.length > 0) shards.push(current);
  if (shards.length <= 1) {
    return {
      files: new Map([[weightsFileName(variant, undefined, stems), shards[0] ?? []]]),
      index: undefined,
    };
  }
  const count = shards.length;
  const files = new Map(
    shards.map((names, index) => [weightsFileName(variant, { number: index + 1, count }, stems), names]),
  );
  return { files, index: { name: weightsIndexName(variant, stems), text: formatIndex(files, totalBytes) } };
}

function formatIndex(files: WeightShards["files"], totalBytes: number): string {
  const weightMap: PythonJsonObject = Object.create(null);
  for (const [fileName, names] of files) {
    for (const name of names) weightMap[name] = fileName;
  }
  return formatPythonJson({ metadata: { total_size: totalBytes }, weight_map: weightMap });
}
