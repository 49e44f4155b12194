/** Element types that a graph computes with, named as in torch. */
export type GraphElementType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool";

/** Numbers of 8 bits with an exponent, in which diffusers stores the weights of a model (`enable_layerwise_casting`). */
export type Float8Type =
  | "float8_e4m3fn"
  | "float8_e5m2"
  | "float8_e4m3fnuz"
  | "float8_e5m2fnuz"
  | "float8_e8m0fnu";

/** Element types that a checkpoint can hold, named as in torch. */
export type ElementType =
  | GraphElementType
  | Float8Type
  | "float4_e2m1fn_x2"
  | "float6_e2m3"
  | "float6_e3m2"
  | "uint16"
  | "uint32"
  | "uint64"
  | "complex32"
  | "complex64"
  | "complex128"
  | "qint8"
  | "quint8"
  | "qint32";

/** How many bytes one element takes; several elements share a byte where it is a fraction. */
export const elementByteSize: Readonly<Record<ElementType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8_e4m3fnuz: 1,
  float8_e5m2fnuz: 1,
  float8_e8m0fnu: 1,
  float4_e2m1fn_x2: 1 / 2,
  float6_e2m3: 3 / 4,
  float6_e3m2: 3 / 4,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  complex32: 4,
  complex64: 8,
  complex128: 16,
  qint8: 1,
  quint8: 1,
  qint32: 4,
};

/** The `TensorProto.DataType` of each element type (onnx.proto). */
export const onnxDataType: Readonly<Record<GraphElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

const float8Types: ReadonlySet<string> = new Set<Float8Type>([
  "float8_e4m3fn",
  "float8_e5m2",
  "float8_e4m3fnuz",
  "float8_e5m2fnuz",
  "float8_e8m0fnu",
]);

/** Whether a type is one of 8 bits with an exponent. */
export function isFloat8(elementType: ElementType): elementType is Float8Type {
  return float8Types.has(elementType);
}

/**
 * How a graph sees an array of a checkpoint: in its own type, or as bytes that stand for numbers.
 *
 * @param elementType - Of an array that a model can use.
 */
export function graphTypeOf(elementType: ElementType): {
  readonly elementType: GraphElementType;
  readonly float8?: Float8Type;
} {
  if (isFloat8(elementType)) return { elementType: "uint8", float8: elementType };
  return { elementType: elementType as GraphElementType };
}
