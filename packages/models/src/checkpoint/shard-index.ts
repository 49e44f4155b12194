import { describeJson, isJsonObject } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import { CheckpointError } from "../errors.ts";

const plainName = /^\w[\w.-]*$/;

/**
 * Reads the index of a sharded checkpoint (`*.safetensors.index.json`, `*.bin.index.json`): which shard holds each
 * array.
 *
 * @param path - Names the file in error messages.
 * @param ending - Suffix of the shard names: `.safetensors` or `.bin`.
 * @throws InvalidConfigError if it is not JSON.
 * @throws CheckpointError if it has no `weight_map`, or a shard name is not a plain file name.
 */
export function readShardIndex(text: string, path: string, ending: string): ReadonlyMap<string, string> {
  const document = parsePythonJson(text, path);
  const map = isJsonObject(document) ? document["weight_map"] : undefined;
  if (map === undefined || !isJsonObject(map)) {
    throw invalid(path, map === undefined ? "no weight_map" : describeJson(map), "an object weight_map");
  }
  const shards = new Map<string, string>();
  for (const [tensorName, shard] of Object.entries(map)) {
    if (typeof shard !== "string" || !isPlainName(shard, ending)) {
      throw invalid(
        path,
        `${JSON.stringify(tensorName)} in ${describeJson(shard)}`,
        `the name of a ${ending} file beside the index`,
      );
    }
    shards.set(tensorName, shard);
  }
  return shards;
}

function isPlainName(shard: string, ending: string): boolean {
  return plainName.test(shard) && !shard.includes("..") && shard.endsWith(ending);
}

function invalid(path: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    subject: path,
    found,
    expected,
    remedy: "Fetch or save the checkpoint again.",
  });
}
