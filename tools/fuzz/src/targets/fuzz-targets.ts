import type { FuzzTarget } from "../fuzz-target.ts";
import { configTarget } from "./config-target.ts";
import { repositoryTarget } from "./repository-target.ts";
import { shardIndexTarget } from "./shard-index-target.ts";
import { inversionTarget, loraTarget, tokenizerTarget } from "./text-targets.ts";
import { foreignFileTarget, safetensorsTarget, torchFileTarget } from "./weights-file-targets.ts";

/** Every reader that is tried. */
export const fuzzTargets: readonly FuzzTarget[] = [
  safetensorsTarget,
  torchFileTarget,
  shardIndexTarget,
  configTarget,
  foreignFileTarget,
  repositoryTarget,
  tokenizerTarget,
  loraTarget,
  inversionTarget,
];

/** The target with a name. @throws RangeError if there is none. */
export function findTarget(name: string): FuzzTarget {
  const target = fuzzTargets.find((candidate) => candidate.name === name);
  if (target === undefined) throw new RangeError(`no target ${name}`);
  return target;
}
