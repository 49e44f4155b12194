export {
  byteLength,
  type DType,
  dtypes,
  type Float8DType,
  type GraphDType,
  isFloat8,
  type NumberFormat,
  numberFormats,
} from "./dtype.ts";
export { GraphError } from "./errors.ts";
export {
  type ConvolutionAttributes,
  createGraph,
  createNode,
  createValue,
  describeValue,
  type Graph,
  isNode,
  type Node,
  nameOf,
  type OperatorAttributes,
  type OperatorName,
  type Padding,
  type Value,
  type ValueDType,
  type ValueType,
} from "./graph.ts";
export { addLowRankBranches, type LowRankBranch, lowRankTargets } from "./low-rank.ts";
export {
  type ActivationName,
  activate,
  gelu,
  mish,
  quickGelu,
  relu,
  silu,
  softmax,
  tanh,
} from "./operators/activation.ts";
export { add, cast, constant, cos, div, log, mul, scalarLike, sin, sub } from "./operators/arithmetic.ts";
export {
  type AttentionOptions,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  scaledDotProductAttention,
} from "./operators/attention.ts";
export { imageShape } from "./operators/checks.ts";
export {
  avgPool2d,
  type ConvolutionOptions,
  conv2d,
  convTranspose2d,
  resizeNearest2d,
  upsampleNearest2d,
} from "./operators/convolution.ts";
export { embedding, linear, matmul } from "./operators/matrix.ts";
export {
  type GroupNormOptions,
  groupNorm,
  type LayerNormOptions,
  layerNorm,
} from "./operators/normalisation.ts";
export { chunk, concat, expand, permute, reshape, slice } from "./operators/shaping.ts";
export { defineGraph, Scope } from "./scope.ts";
export {
  type Dimension,
  describeShape,
  factorsOf,
  product,
  quotient,
  substitute,
} from "./shape.ts";
export { type Specialisation, specialise } from "./specialise.ts";
