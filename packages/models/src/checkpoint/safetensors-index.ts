import { describeJson, isJsonObject, parsePythonJson } from "@onestep/core";
import { CheckpointError } from "./checkpoint-error.ts";

const shardName = /^[\w][\w.-]*\.safetensors$/;

/**
 * Reads a `*.safetensors.index.json`: which shard holds which array.
 *
 * @param path - Names the file in error messages.
 * @throws CheckpointError where it has no `weight_map`, or a shard is not named as a plain file beside the index.
 */
export function readSafetensorsIndex(text: string, path: string): ReadonlyMap<string, string> {
  const document = parsePythonJson(text, path);
  const map = isJsonObject(document) ? document["weight_map"] : undefined;
  if (map === undefined || !isJsonObject(map)) {
    throw invalid(path, map === undefined ? "no weight_map" : describeJson(map), "an object weight_map");
  }
  const shards = new Map<string, string>();
  for (const [tensorName, shard] of Object.entries(map)) {
    if (typeof shard !== "string" || !shardName.test(shard) || shard.includes("..")) {
      throw invalid(
        path,
        `${JSON.stringify(tensorName)} in ${describeJson(shard)}`,
        "the name of a .safetensors file beside the index",
      );
    }
    shards.set(tensorName, shard);
  }
  return shards;
}

function invalid(path: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    subject: path,
    found,
    expected,
    remedy: "Fetch or save the checkpoint again.",
  });
}
