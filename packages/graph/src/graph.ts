import type { GraphDType } from "./dtype.ts";
import { type Dimension, describeShape } from "./shape.ts";

/**
 * The format of a value. `"compute"` is the model's compute format, chosen when the graph is specialised, so the same
 * definition works for float32 and float16.
 */
export type ValueDType = GraphDType | "compute";

/** Padding (zeros or mirrored pixels) at top, left, bottom and right. */
export type Padding = readonly [top: number, left: number, bottom: number, right: number];

/** The attributes of a convolution, as in `torch.nn.Conv2d`. */
export interface ConvolutionAttributes {
  readonly stride: number;
  readonly padding: Padding;
  /** `"reflect"` mirrors the image at its edges, without repeating the edge pixels. */
  readonly paddingMode: "zeros" | "reflect";
  readonly groups: number;
}

/** No attributes. */
export type None = Readonly<Record<never, never>>;

/**
 * The operators of a graph, by name, with their attributes. Output shapes are not repeated in attributes. See the function
 * of the same name in `operators/` for each operator's semantics.
 */
export interface OperatorAttributes {
  readonly input: { readonly name: string };
  /** `kind`: a matrix may be quantised or adapted by a LoRA; a vector (a norm's weight, a bias) is not changed. */
  readonly parameter: { readonly name: string; readonly kind: "matrix" | "vector" };
  readonly constant: { readonly values: readonly number[] };
  readonly cast: None;
  readonly add: None;
  readonly sub: None;
  readonly mul: None;
  readonly div: None;
  readonly log: None;
  readonly sin: None;
  readonly cos: None;
  readonly softmax: { readonly axis: number };
  readonly silu: None;
  readonly quickGelu: None;
  readonly mish: None;
  readonly gelu: None;
  readonly relu: None;
  readonly tanh: None;
  readonly linear: None;
  readonly matmul: None;
  readonly conv2d: ConvolutionAttributes;
  readonly convTranspose2d: ConvolutionAttributes;
  readonly avgPool2d: { readonly size: number };
  readonly upsampleNearest2d: { readonly scale: number };
  readonly resizeNearest2d: None;
  readonly groupNorm: { readonly groups: number; readonly epsilon: number };
  readonly layerNorm: { readonly epsilon: number };
  readonly scaledDotProductAttention: { readonly scale: number; readonly tokensLast: boolean };
  readonly multiHeadAttention: {
    readonly heads: number;
    readonly scale: number;
    readonly isCausal: boolean;
  };
  readonly reshape: None;
  readonly permute: { readonly order: readonly number[] };
  readonly concat: { readonly axis: number };
  readonly slice: { readonly axis: number; readonly start: number; readonly end: number };
  readonly chunk: { readonly axis: number };
  readonly expand: None;
  readonly embedding: None;
}

/** The name of an operator. */
export type OperatorName = keyof OperatorAttributes;

/** One operator of a graph, with its inputs (some optional) and outputs. */
export interface Node<Name extends OperatorName = OperatorName> {
  readonly operator: Name;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: OperatorAttributes[Name];
}

/** A tensor in a graph, and the node that produces it. Inputs, parameters and constants come from nodes without inputs. */
export interface Value {
  readonly dtype: ValueDType;
  readonly shape: readonly Dimension[];
  readonly node: Node;
}

/** The format and shape of a value. */
export type ValueType = Pick<Value, "dtype" | "shape">;

/** Creates a node and its outputs. Operators call it after checking their inputs. */
export function createNode<Name extends OperatorName>(
  operator: Name,
  inputs: readonly (Value | undefined)[],
  attributes: OperatorAttributes[Name],
  outputs: readonly ValueType[],
): Node<Name> {
  const values: Value[] = [];
  const node: Node<Name> = { operator, inputs, attributes, outputs: values };
  for (const { dtype, shape } of outputs) values.push({ dtype, shape, node });
  return node;
}

/** Creates a node with one output, and returns the output. */
export function createValue<Name extends OperatorName>(
  operator: Name,
  inputs: readonly (Value | undefined)[],
  attributes: OperatorAttributes[Name],
  output: ValueType,
): Value {
  return createNode(operator, inputs, attributes, [output]).outputs[0] as Value;
}

/** Whether a node is of a given operator; a type guard for its attributes. */
export function isNode<Name extends OperatorName>(node: Node, operator: Name): node is Node<Name> {
  return node.operator === operator;
}

/** A value in words, for messages: `"sample"`, a weight's name, or the operator that produces it. */
export function nameOf({ node }: Value): string {
  return isNode(node, "input") || isNode(node, "parameter") ? node.attributes.name : node.operator;
}

/** Name and shape of a value, for messages. */
export function describeValue(value: Value): string {
  return `${nameOf(value)} ${describeShape(value.shape)}`;
}

/** A computation: its inputs, its outputs, and the operators in between, in topological order. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: Readonly<Record<string, Value>>;
  /** The weights, in definition order. */
  readonly parameters: readonly Value[];
  readonly nodes: readonly Node[];
}

/** Builds a graph: finds all nodes the outputs depend on, and their order. */
export function createGraph(parts: Omit<Graph, "nodes">): Graph {
  const nodes: Node[] = [];
  const seen = new Set<Node>();
  const stack = Object.values(parts.outputs)
    .toReversed()
    .map(({ node }) => ({ node, isDone: false }));
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { node, isDone } = entry;
    if (isDone) nodes.push(node);
    if (isDone || seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, isDone: true });
    for (const input of node.inputs.toReversed()) {
      if (input !== undefined && !seen.has(input.node)) stack.push({ node: input.node, isDone: false });
    }
  }
  return { ...parts, nodes };
}
