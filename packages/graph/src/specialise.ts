import type { GraphDType } from "./dtype.ts";
import {
  createGraph,
  createNode,
  type Graph,
  type Node,
  type OperatorAttributes,
  type OperatorName,
  type Value,
  type ValueDType,
} from "./graph.ts";
import { substitute } from "./shape.ts";

/** Options of {@link specialise}. */
export interface Specialisation {
  /** Values of symbols: `{ height: 64, width: 64 }`. Omitted symbols are kept. */
  readonly symbols?: Readonly<Record<string, number>>;
  /** The format that replaces `"compute"`. */
  readonly dtype: GraphDType;
}

/**
 * Specialises a graph for a size and a format: symbols become numbers, `"compute"` becomes a number format, and redundant
 * casts are removed.
 *
 * @throws GraphError if a size is not divisible as often as the graph requires.
 *
 * @example
 * const small = specialise(graph, { symbols: { height: 64, width: 64 }, dtype: "float32" });
 */
export function specialise(graph: Graph, { symbols = {}, dtype }: Specialisation): Graph {
  const specialised = new Map<Value, Value>();
  const at = (value: Value): Value => specialised.get(value) as Value;
  const resolve = (declared: ValueDType): GraphDType => (declared === "compute" ? dtype : declared);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => input && at(input));
    const outputs = node.outputs.map((output) => ({
      dtype: resolve(output.dtype),
      shape: output.shape.map((dimension) => substitute(dimension, symbols)),
    }));
    const [source] = inputs;
    if (node.operator === "cast" && source !== undefined && source.dtype === outputs[0]?.dtype) {
      specialised.set(node.outputs[0] as Value, source);
      continue;
    }
    const copy = copyNode(node, inputs, outputs);
    for (const [index, output] of node.outputs.entries())
      specialised.set(output, copy.outputs[index] as Value);
  }
  const isUsed = (value: Value): boolean => specialised.has(value);
  return createGraph({
    inputs: graph.inputs.filter(isUsed).map(at),
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, at(value)])),
    parameters: graph.parameters.filter(isUsed).map(at),
  });
}

function copyNode<Name extends OperatorName>(
  { operator, attributes }: Node<Name>,
  inputs: readonly (Value | undefined)[],
  outputs: readonly { readonly dtype: GraphDType; readonly shape: Value["shape"] }[],
): Node {
  return createNode(operator, inputs, attributes as OperatorAttributes[Name], outputs);
}
