import type { GraphDType, Node, Padding, Value } from "@onestep/graph";
import { lowerAttention, lowerMultiHeadAttention } from "./attention.ts";
import { dtypeOf, type Lowering, type LoweringRule, type LoweringTable } from "./lowering.ts";
import type { OnnxAttributes } from "./model-proto.ts";

type ElementwiseOperator =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "log"
  | "sin"
  | "cos"
  | "mish"
  | "gelu"
  | "relu"
  | "tanh";

/** `x · sigmoid(alpha · x)`: one onnxruntime kernel instead of Sigmoid and Mul. */
function sigmoidGate(alpha: number): LoweringRule<"silu" | "quickGelu"> {
  return (lowering, { inputs }) =>
    lowering.emit("QuickGelu", names(lowering, inputs), {
      attributes: { floats: { alpha } },
      domain: "com.microsoft",
    });
}

/** Resizing like torch's `interpolate` with `mode="nearest"`. */
const nearest = {
  attributes: {
    strings: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
  },
} as const;

/** An operator with a different name in ONNX. */
function named(operator: string): LoweringRule<ElementwiseOperator> {
  return (lowering, { inputs }) => lowering.emit(operator, names(lowering, inputs));
}

/**
 * The default lowering rules: ONNX's own operators, and onnxruntime's if all devices have a kernel for them.
 * `tables.ts` has the rules that differ by device.
 */
export const defaultOperators: LoweringTable = {
  add: named("Add"),
  sub: named("Sub"),
  mul: named("Mul"),
  div: named("Div"),
  log: named("Log"),
  sin: named("Sin"),
  cos: named("Cos"),
  mish: named("Mish"),
  gelu: named("Gelu"),
  relu: named("Relu"),
  tanh: named("Tanh"),
  silu: sigmoidGate(1),
  quickGelu: sigmoidGate(1.702),
  cast: (lowering, node) => lowering.cast(first(lowering, node), dtypeOf(input(node, 0)), outputType(node)),
  softmax: (lowering, node) => lowering.emit("Softmax", [first(lowering, node)], integers(node.attributes)),
  linear: lowerLinear,
  matmul: (lowering, node) => lowering.emit("MatMul", names(lowering, node.inputs)),
  embedding: (lowering, node) => lowering.emit("Gather", names(lowering, node.inputs), integers({ axis: 0 })),
  conv2d: lowerConvolution,
  convTranspose2d: lowerTransposedConvolution,
  avgPool2d: (lowering, node) => {
    const { size } = node.attributes;
    return lowering.emit(
      "AveragePool",
      [first(lowering, node)],
      integers({ kernel_shape: [size, size], strides: [size, size] }),
    );
  },
  upsampleNearest2d: (lowering, node) => {
    const { scale } = node.attributes;
    const scales = lowering.floats([1, 1, scale, scale]);
    return lowering.emit("Resize", [first(lowering, node), undefined, scales], nearest);
  },
  resizeNearest2d: (lowering, node) => {
    const size = lowering.integers((node.outputs[0] as Value).shape.slice(2) as readonly number[]);
    const image = first(lowering, node);
    const shape = lowering.emit("Shape", [image], integers({ start: 0, end: 2 }));
    const sizes = lowering.emit("Concat", [shape, size], integers({ axis: 0 }));
    return lowering.emit("Resize", [image, undefined, undefined, sizes], nearest);
  },
  groupNorm: lowerGroupNorm(normaliseInstances),
  layerNorm: lowerLayerNorm,
  scaledDotProductAttention: lowerAttention,
  multiHeadAttention: lowerMultiHeadAttention,
  reshape: (lowering, node) => {
    const value = input(node, 0);
    return lowering.reshaped(value, (node.outputs[0] as Value).shape);
  },
  permute: (lowering, node) =>
    lowering.emit("Transpose", [first(lowering, node)], integers({ perm: node.attributes.order })),
  concat: (lowering, node) =>
    lowering.emit("Concat", names(lowering, node.inputs), integers({ axis: node.attributes.axis })),
  slice: (lowering, node) => {
    const { axis, start, end } = node.attributes;
    const bounds = [[start], [end], [axis]].map((list) => lowering.integers(list));
    return lowering.emit("Slice", [first(lowering, node), ...bounds]);
  },
  chunk: (lowering, node) => {
    const count = node.outputs.length;
    const attributes = integers({ axis: node.attributes.axis, num_outputs: count });
    return lowering.emitSeveral("Split", [first(lowering, node)], count, attributes);
  },
  expand: (lowering, node) =>
    lowering.emit("Expand", [first(lowering, node), lowering.shapeOf((node.outputs[0] as Value).shape)]),
};

/** 2D inputs use Gemm, which takes the weight as torch stores it; others are reshaped to 2D. */
function lowerLinear(lowering: Lowering, node: Node<"linear">): string {
  const value = input(node, 0);
  const output = node.outputs[0] as Value;
  const gemm = (rows: string): string =>
    lowering.emit("Gemm", [rows, ...names(lowering, node.inputs.slice(1))], integers({ transB: 1 }));
  if (value.shape.length === 2) return gemm(lowering.name(value));
  const rows = lowering.emit("Reshape", [
    lowering.name(value),
    lowering.integers([-1, value.shape.at(-1) as number]),
  ]);
  return lowering.reshape(gemm(rows), ["", ""], output.shape);
}

function lowerConvolution(lowering: Lowering, node: Node<"conv2d">): string {
  const { stride, padding, paddingMode, groups } = node.attributes;
  const [, weight, bias] = node.inputs;
  const image = first(lowering, node);
  const isMirrored = paddingMode === "reflect";
  return lowering.emit(
    "Conv",
    [
      isMirrored ? mirror(lowering, image, padding) : image,
      ...names(lowering, bias ? [weight, bias] : [weight]),
    ],
    integers({
      kernel_shape: kernelOf(node),
      strides: [stride, stride],
      pads: isMirrored ? [0, 0, 0, 0] : padding,
      ...(groups === 1 ? {} : { group: groups }),
    }),
  );
}

function lowerTransposedConvolution(lowering: Lowering, node: Node<"convTranspose2d">): string {
  const { stride, padding, paddingMode, groups } = node.attributes;
  const image = first(lowering, node);
  return lowering.emit(
    "ConvTranspose",
    [
      paddingMode === "reflect" ? mirror(lowering, image, [1, 1, 1, 1]) : image,
      lowering.name(input(node, 1)),
    ],
    integers({ kernel_shape: kernelOf(node), strides: [stride, stride], pads: padding, group: groups }),
  );
}

function kernelOf(node: Node): readonly number[] {
  return input(node, 1).shape.slice(2) as readonly number[];
}

/** Pads the image by reflection. */
function mirror(lowering: Lowering, image: string, [top, left, bottom, right]: Padding): string {
  const pads = lowering.integers([0, 0, top, left, 0, 0, bottom, right]);
  return lowering.emit("Pad", [image, pads], { attributes: { strings: { mode: "reflect" } } });
}

/** Normalises each row of [batch, groups, elements], in float32, to mean 0 and variance 1. */
export type NormaliseRows = (
  lowering: Lowering,
  rows: string,
  facts: { readonly groups: number; readonly epsilon: number; readonly elements: number | undefined },
) => string;

/** A group norm whose statistics are computed by `normalise`. */
export function lowerGroupNorm(normalise: NormaliseRows): LoweringRule<"groupNorm"> {
  return (lowering, node) => {
    const { groups, epsilon } = node.attributes;
    const [value, weight, bias] = node.inputs as readonly [Value, Value | undefined, Value | undefined];
    const [batch, channels, height, width] = value.shape as readonly [string, number, number, number];
    const elements = (channels / groups) * height * width;
    const isStatic = Number.isInteger(elements);
    const image = lowering.cast(lowering.name(value), dtypeOf(value), "float32");
    const target = lowering.integers([
      typeof batch === "number" ? batch : 0,
      groups,
      isStatic ? elements : -1,
    ]);
    const rows = lowering.emit("Reshape", [image, target]);
    const normalised = normalise(lowering, rows, {
      groups,
      epsilon,
      elements: isStatic ? elements : undefined,
    });
    let result = isStatic
      ? lowering.reshape(normalised, [batch, groups, elements], value.shape)
      : lowering.emit("Reshape", [normalised, lowering.emit("Shape", [image])]);
    if (weight !== undefined) result = lowering.emit("Mul", [result, perChannel(lowering, weight)]);
    if (bias !== undefined) result = lowering.emit("Add", [result, perChannel(lowering, bias)]);
    return lowering.cast(result, "float32", dtypeOf(value));
  };
}

/** Reshapes a vector of channels to broadcast over an image. */
function perChannel(lowering: Lowering, vector: Value): string {
  return vector.shape.length === 1
    ? lowering.reshaped(vector, [...vector.shape, 1, 1])
    : lowering.name(vector);
}

function normaliseInstances(
  lowering: Lowering,
  rows: string,
  { groups, epsilon }: { readonly groups: number; readonly epsilon: number },
): string {
  const ones = lowering.floats(new Array<number>(groups).fill(1));
  const zeros = lowering.floats(new Array<number>(groups).fill(0));
  return lowering.emit("InstanceNormalization", [rows, ones, zeros], { attributes: { floats: { epsilon } } });
}

function lowerLayerNorm(lowering: Lowering, node: Node<"layerNorm">): string {
  const [value, weight, bias] = node.inputs as readonly [Value, Value | undefined, Value | undefined];
  const rows = lowering.cast(lowering.name(value), dtypeOf(value), "float32");
  const width = value.shape.at(-1) as number;
  const scale =
    weight === undefined ? lowering.floats(new Array<number>(width).fill(1)) : lowering.name(weight);
  const inputs = bias === undefined ? [rows, scale] : [rows, scale, lowering.name(bias)];
  const result = lowering.emit("LayerNormalization", inputs, {
    attributes: { integers: { axis: -1 }, floats: { epsilon: node.attributes.epsilon } },
  });
  return lowering.cast(result, "float32", dtypeOf(value));
}

function names(lowering: Lowering, values: readonly (Value | undefined)[]): (string | undefined)[] {
  return values.map((value) => value && lowering.name(value));
}

function input(node: Node, index: number): Value {
  return node.inputs[index] as Value;
}

function first(lowering: Lowering, node: Node): string {
  return lowering.name(input(node, 0));
}

function outputType(node: Node): GraphDType {
  return dtypeOf(node.outputs[0] as Value);
}

function integers(attributes: Readonly<Record<string, number | readonly number[]>>): {
  readonly attributes: OnnxAttributes;
} {
  return { attributes: { integers: attributes } };
}
