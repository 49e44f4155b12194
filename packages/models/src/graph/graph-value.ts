import type { GraphElementType } from "./element-type.ts";

/** A length that is known, or a name for one that a run decides (`"batch"`). */
export type Dimension = number | string;

/** A tensor in a graph: an input, an initializer or what an operator makes. */
export interface GraphValue {
  readonly name: string;
  readonly elementType: GraphElementType;
  readonly shape: readonly Dimension[];
}

/** The shape in words, for messages: `[batch, 3, 64, 64]`. */
export function describeShape(shape: readonly Dimension[]): string {
  return `[${shape.join(", ")}]`;
}

/** The number of elements. `undefined` where a dimension is only known when the graph runs. */
export function knownElementCount(shape: readonly Dimension[]): number | undefined {
  let count = 1;
  for (const dimension of shape) {
    if (typeof dimension === "string") return undefined;
    count *= dimension;
  }
  return count;
}
