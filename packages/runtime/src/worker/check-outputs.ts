import type { DataType } from "@onestep/core";
import { InvalidGraphError } from "../errors/invalid-graph-error.ts";
import type { ValueDescription } from "./worker-calls.ts";

const tensorTypes: ReadonlySet<string> = new Set<DataType>(["float32", "float64", "int32", "int64", "uint8"]);

/**
 * Checks that what a graph computes fits into a `Tensor`.
 *
 * @throws InvalidGraphError where the element type of an output is not one that `Tensor` has.
 */
export function checkOutputs(declared: readonly ValueDescription[]): void {
  for (const { name, dtype } of declared) {
    if (tensorTypes.has(dtype)) continue;
    throw new InvalidGraphError({
      subject: `output "${name}"`,
      found: dtype,
      expected: `one of ${[...tensorTypes].join(", ")}`,
      remedy: "Cast it in the graph to one of these types.",
    });
  }
}
