import { GraphError } from "./errors.ts";
import {
  createGraph,
  createNode,
  createValue,
  type Graph,
  isNode,
  type Node,
  type OperatorAttributes,
  type OperatorName,
  type Value,
} from "./graph.ts";
import { add, cast, constant, mul } from "./operators/arithmetic.ts";
import { conv2d } from "./operators/convolution.ts";
import { linear } from "./operators/matrix.ts";
import { reshape } from "./operators/shaping.ts";
import { type Dimension, product } from "./shape.ts";

/** A low-rank branch of a layer: `y + scale · factor · up(down(x))` (LoRA; Hu et al., 2021). */
export interface LowRankBranch {
  /** The name of the layer's weight. */
  readonly weight: string;
  /** Name and shape of the first matrix, [rank, in] or [rank, in, height, width]. */
  readonly down: { readonly name: string; readonly shape: readonly number[] };
  /** Name and shape of the second, [out, rank] or [out, rank, 1, 1]. */
  readonly up: { readonly name: string; readonly shape: readonly number[] };
  /** A constant factor of the branch. */
  readonly factor: number;
  /** The graph input, float32 [1], that also scales the branch. Branches may share one. */
  readonly scale: string;
}

/** The weights of a graph's linear layers and convolutions, and their shapes. */
export function lowRankTargets(graph: Graph): ReadonlyMap<string, readonly number[]> {
  const targets = new Map<string, readonly number[]>();
  for (const node of graph.nodes) {
    const weight = weightOf(node);
    if (weight === undefined) continue;
    targets.set(weight.node.attributes.name, weight.shape as readonly number[]);
  }
  return targets;
}

/**
 * A graph pass that adds low-rank branches to layers. The graph's weights are unchanged and not copied.
 *
 * @throws GraphError if a branch has no layer, or its matrices do not fit the layer.
 */
export function addLowRankBranches(graph: Graph, branches: readonly LowRankBranch[]): Graph {
  const byWeight = new Map<string, LowRankBranch[]>();
  for (const branch of branches) {
    byWeight.set(branch.weight, [...(byWeight.get(branch.weight) ?? []), branch]);
  }
  const targets = lowRankTargets(graph);
  const missing = [...byWeight.keys()].find((name) => !targets.has(name));
  if (missing !== undefined)
    throw misfit(missing, "no such layer", "the weight of a linear layer or a convolution");
  const scales = new Map<string, Value>();
  const parameters: Value[] = [];
  const copies = new Map<Value, Value>();
  const at = (value: Value): Value => copies.get(value) as Value;
  const scaleOf = (name: string): Value => {
    const known = scales.get(name) ?? createValue("input", [], { name }, { dtype: "float32", shape: [1] });
    scales.set(name, known);
    return known;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => input && at(input));
    const copy = copyNode(node, inputs);
    for (const [index, output] of node.outputs.entries()) copies.set(output, copy.outputs[index] as Value);
    const weight = weightOf(node);
    if (weight === undefined) continue;
    let result = copy.outputs[0] as Value;
    for (const branch of byWeight.get(weight.node.attributes.name) ?? []) {
      const [value] = inputs as [Value];
      const declare = (part: LowRankBranch["down"], shape: readonly number[]): Value => {
        if (product(part.shape) !== product(shape)) {
          throw misfit(part.name, `[${part.shape.join(", ")}]`, `[${shape.join(", ")}]`);
        }
        const known = parameters.find(
          (one) => isNode(one.node, "parameter") && one.node.attributes.name === part.name,
        );
        const parameter =
          known ??
          createValue(
            "parameter",
            [],
            { name: part.name, kind: "matrix" },
            { dtype: value.dtype, shape: part.shape },
          );
        if (known === undefined) parameters.push(parameter);
        return reshape(parameter, shape);
      };
      const scale = cast(mul(scaleOf(branch.scale), constant([branch.factor])), value.dtype);
      result = add(result, beside(node, value, { branch, declare, scale }));
    }
    copies.set(node.outputs[0] as Value, result);
  }
  return createGraph({
    inputs: [...graph.inputs.map(at), ...scales.values()],
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, at(value)])),
    parameters: [...graph.parameters.map(at), ...parameters],
  });
}

/** A branch's contribution to the output of its layer. */
function beside(
  node: Node,
  value: Value,
  {
    branch: { down, up },
    declare,
    scale,
  }: {
    readonly branch: LowRankBranch;
    readonly declare: (part: LowRankBranch["down"], shape: readonly number[]) => Value;
    readonly scale: Value;
  },
): Value {
  const rank = down.shape[0] ?? 0;
  const weight = node.inputs[1] as Value;
  const [outWidth = 0, inWidth = 0, ...kernel] = weight.shape as readonly number[];
  if (!isNode(node, "conv2d")) {
    const inner = linear(value, declare(down, [rank, inWidth]));
    return linear(mul(inner, scale), declare(up, [outWidth, rank]));
  }
  if (node.attributes.groups !== 1) throw misfit(down.name, "a grouped convolution", "one of all channels");
  const inner = conv2d(value, declare(down, [rank, inWidth, ...kernel]), undefined, node.attributes);
  return conv2d(mul(inner, scale), declare(up, [outWidth, rank, 1, 1]), undefined);
}

/** A layer's weight parameter, even if reshaped; undefined for other nodes. */
function weightOf(node: Node): (Value & { readonly node: Node<"parameter"> }) | undefined {
  if (!isNode(node, "linear") && !isNode(node, "conv2d")) return undefined;
  let weight = node.inputs[1] as Value;
  while (isNode(weight.node, "reshape")) weight = weight.node.inputs[0] as Value;
  return isNode(weight.node, "parameter")
    ? (weight as Value & { readonly node: Node<"parameter"> })
    : undefined;
}

function copyNode<Name extends OperatorName>(
  { operator, attributes, outputs }: Node<Name>,
  inputs: readonly (Value | undefined)[],
): Node {
  const types = outputs.map(({ dtype, shape }: { dtype: Value["dtype"]; shape: readonly Dimension[] }) => ({
    dtype,
    shape,
  }));
  return createNode(operator, inputs, attributes as OperatorAttributes[Name], types);
}

function misfit(subject: string, found: string, expected: string): GraphError {
  return new GraphError({ subject, found, expected, remedy: "The branch is for another model." });
}
