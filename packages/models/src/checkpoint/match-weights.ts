import type { ElementType } from "../graph/element-type.ts";
import type { CheckpointTensor } from "./checkpoint.ts";
import { renameLegacyAttention } from "./legacy-attention-names.ts";
import { WeightsMismatchError } from "./weights-mismatch-error.ts";

const weightTypes: readonly ElementType[] = ["float32", "float16", "bfloat16", "float64"];

/**
 * Checks that a checkpoint holds exactly the weights that a model needs.
 *
 * @returns The weights by the names that the model has for them, which older checkpoints call otherwise.
 * @throws WeightsMismatchError that lists every missing, unexpected and misshapen array.
 */
export function matchWeights(
  checkpointName: string,
  expected: readonly { readonly name: string; readonly shape: readonly number[] }[],
  stored: ReadonlyMap<string, CheckpointTensor>,
): ReadonlyMap<string, CheckpointTensor> {
  const tensors = renameLegacyAttention(
    expected.map(({ name }) => name),
    stored,
  );
  const missing: string[] = [];
  const misshapen: { name: string; found: string; expected: string }[] = [];
  for (const { name, shape } of expected) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      missing.push(name);
    } else if (shape.join() !== tensor.shape.join() || !weightTypes.includes(tensor.elementType)) {
      misshapen.push({
        name,
        found: `${tensor.elementType} [${tensor.shape.join(", ")}]`,
        expected: `${weightTypes[0]} (or another float) [${shape.join(", ")}]`,
      });
    }
  }
  const names = new Set(expected.map(({ name }) => name));
  const unexpected = [...tensors.keys()].filter((name) => !names.has(name));
  if (missing.length + unexpected.length + misshapen.length > 0) {
    throw new WeightsMismatchError(checkpointName, { missing, unexpected, misshapen });
  }
  return tensors;
}
