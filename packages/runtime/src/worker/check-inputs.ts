import { InvalidArgumentError, type Tensor } from "@onestep/core";
import type { ValueDescription } from "./worker-calls.ts";

/**
 * Checks that the tensors are the inputs that a graph declares.
 *
 * @throws InvalidArgumentError where a tensor is missing or unexpected, or its element type or shape differs.
 */
export function checkInputs(
  inputs: Readonly<Record<string, Tensor>>,
  declared: readonly ValueDescription[],
): void {
  const names = Object.keys(inputs);
  const unexpected = names.filter((name) => !declared.some((value) => value.name === name));
  const missing = declared.filter((value) => !names.includes(value.name));
  if (unexpected.length > 0 || missing.length > 0) {
    throw new InvalidArgumentError({
      subject: "inputs",
      found: `[${names.join(", ")}]`,
      expected: `[${declared.map((value) => value.name).join(", ")}]`,
      remedy: "Pass exactly the inputs of the graph.",
    });
  }
  for (const value of declared) {
    const tensor = inputs[value.name];
    if (tensor === undefined) continue;
    const fits =
      tensor.dtype === value.dtype &&
      tensor.shape.length === value.shape.length &&
      value.shape.every((length, axis) => typeof length === "string" || length === tensor.shape[axis]);
    if (!fits) {
      throw new InvalidArgumentError({
        subject: `input "${value.name}"`,
        found: `${tensor.dtype} [${tensor.shape.join(", ")}]`,
        expected: `${value.dtype} [${value.shape.join(", ")}]`,
        remedy: "Pass a tensor of this type and shape; a named dimension may have any length.",
      });
    }
  }
}
