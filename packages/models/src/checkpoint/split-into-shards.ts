import type { PythonJsonObject } from "@onestep/core";
import { formatPythonJson } from "@onestep/core/internal/files";
import { type WeightsNames, weightsFileName, weightsIndexName } from "./weights-file-names.ts";

/** Options of {@link splitIntoShards}. */
export interface SplitIntoShardsOptions {
  /** Maximum bytes of arrays per shard; a larger array gets its own shard. */
  readonly maxShardBytes: number;
  readonly variant: string | undefined;
  /** Prefix of the file names; diffusers' by default. */
  readonly names?: WeightsNames | undefined;
}

/** The assignment of arrays to files. */
export interface WeightShards {
  /** Array names, by file name. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** The shard index; `undefined` if one file holds everything. */
  readonly index: { readonly name: string; readonly text: string } | undefined;
}

/**
 * Splits arrays into files, in order, as huggingface_hub does (`serialization/_base.py`,
 * `split_state_dict_into_shards_factory`): an array that no longer fits begins the next shard, and nothing is moved to
 * fill gaps. The index is byte-identical to that of diffusers' `ModelMixin.save_pretrained`.
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
