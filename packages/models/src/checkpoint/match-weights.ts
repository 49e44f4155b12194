import { UnsupportedError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import { type DType, isFloat8 } from "@onestep/graph";
import { WeightsMismatchError } from "../errors.ts";
import type { CheckpointTensor } from "./checkpoint.ts";
import { renameFormer } from "./former-names.ts";
import { listNames, shortenName } from "./list-names.ts";
import { resaveRemedy } from "./torch-file/resave-remedy.ts";
import { unwrapNames, warnOfPrefix } from "./unwrap-names.ts";

const weightTypes: readonly DType[] = ["float32", "float16", "bfloat16", "float64"];
const maximumListed = 5;

/** A model's name mappings; see `ModelDefinition`. */
export interface NamesOfModel {
  readonly formerNames?: Readonly<Record<string, string>> | undefined;
  readonly rename?: ((name: string) => string) | undefined;
  readonly ignores?: ((name: string) => boolean) | undefined;
}

/**
 * Finds a model's weights in a checkpoint. Skips unneeded arrays with a warning that names them, as diffusers does.
 *
 * @returns The weights by the model's names, which may differ from the checkpoint's: see `unwrapNames` and
 * `formerNames`.
 * @throws WeightsMismatchError if an array is missing or misshapen; it lists every missing, unexpected and misshapen array.
 * @throws CheckpointError if it contains the arrays of several models.
 * @throws UnsupportedError if a needed array is not contiguous.
 *
 * @example
 * const expected = listWeights(defineModel(UNet2DModel.definition, config));
 * const tensors = matchWeights("my weights", expected, found.tensors, UNet2DModel.definition);
 */
export function matchWeights(
  checkpointName: string,
  expected: readonly { readonly name: string; readonly shape: readonly number[] }[],
  found: ReadonlyMap<string, CheckpointTensor>,
  { formerNames = {}, rename = (name) => name, ignores = () => false }: NamesOfModel = {},
): ReadonlyMap<string, CheckpointTensor> {
  const stored = new Map([...found].map(([name, tensor]) => [rename(name), tensor]));
  const names = new Set(expected.map(({ name }) => name));
  const { storedNames, prefix } = unwrapNames(checkpointName, stored.keys(), names);
  const namesAsStored = renameFormer(checkpointName, names, storedNames, formerNames);
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, storedName] of namesAsStored) {
    if (names.has(name)) tensors.set(name, stored.get(storedName) as CheckpointTensor);
  }
  const missing: string[] = [];
  const misshapen: { name: string; found: string; expected: string }[] = [];
  for (const { name, shape } of expected) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      missing.push(name);
    } else if (tensor.strides !== undefined) {
      throw notInRow(name, tensor, tensor.strides);
    } else if (shape.join() !== tensor.shape.join() || !isWeightType(tensor.dtype)) {
      misshapen.push({
        name,
        found: `${tensor.dtype} [${tensor.shape.join(", ")}]`,
        expected: `${weightTypes[0]} (or another float) [${shape.join(", ")}]`,
      });
    }
  }
  const used = new Set(
    [...namesAsStored].flatMap(([name, storedName]) => (names.has(name) ? [storedName] : [])),
  );
  const unexpected = [...stored.keys()].filter((name) => !used.has(name) && !ignores(name));
  if (missing.length + misshapen.length > 0) {
    throw new WeightsMismatchError(checkpointName, { missing, unexpected, misshapen });
  }
  warnOfPrefix(checkpointName, prefix);
  if (unexpected.length > 0) {
    warn(
      `${checkpointName}: the model has no place for ${listNames(unexpected, maximumListed)}, which ${unexpected.length === 1 ? "is" : "are"} left out.`,
      "checkpoint",
    );
  }
  return tensors;
}

function isWeightType(dtype: DType): boolean {
  return weightTypes.includes(dtype) || isFloat8(dtype);
}

function notInRow(
  name: string,
  { file, shape }: CheckpointTensor,
  strides: readonly number[],
): UnsupportedError {
  return new UnsupportedError({
    subject: `${file.path}: ${shortenName(name)}`,
    found: `shape [${shape.join(", ")}] with strides [${strides.join(", ")}]`,
    expected: "elements in a row (the strides of `tensor.contiguous()`)",
    remedy: resaveRemedy(file),
  });
}
