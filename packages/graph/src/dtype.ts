/** Number formats of checkpoints, named as in torch. */
export type DType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | Float8DType
  | "float6_e2m3"
  | "float6_e3m2"
  | "float4_e2m1fn_x2"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool"
  | "complex128"
  | "complex64"
  | "complex32"
  | "qint32"
  | "qint8"
  | "quint8";

/** 8-bit floats, used by diffusers to store a model's weights (`enable_layerwise_casting`). */
export type Float8DType =
  | "float8_e4m3fn"
  | "float8_e5m2"
  | "float8_e4m3fnuz"
  | "float8_e5m2fnuz"
  | "float8_e8m0fnu";

/** Number formats for computation in a graph. */
export type GraphDType =
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

/** The size of a number format and its names elsewhere. */
export interface NumberFormat {
  /** Bytes per element; a fraction if several elements share a byte. */
  readonly bytes: number;
  /** `TensorProto.DataType` of onnx.proto, for computation formats. */
  readonly onnx?: number;
  /** The name in the header of a safetensors file (safetensors `tensor.rs`, `Dtype`). */
  readonly safetensors?: string;
  /** The `torch` storage class named in pickles; for formats without one, the tensor gives the type. */
  readonly torchStorage?: string;
}

const formats: { readonly [Name in DType]: NumberFormat } & {
  readonly [Name in GraphDType]: NumberFormat & { readonly onnx: number };
} = {
  float64: { bytes: 8, onnx: 11, safetensors: "F64", torchStorage: "DoubleStorage" },
  float32: { bytes: 4, onnx: 1, safetensors: "F32", torchStorage: "FloatStorage" },
  float16: { bytes: 2, onnx: 10, safetensors: "F16", torchStorage: "HalfStorage" },
  bfloat16: { bytes: 2, onnx: 16, safetensors: "BF16", torchStorage: "BFloat16Storage" },
  float8_e4m3fn: { bytes: 1, safetensors: "F8_E4M3" },
  float8_e5m2: { bytes: 1, safetensors: "F8_E5M2" },
  float8_e4m3fnuz: { bytes: 1, safetensors: "F8_E4M3FNUZ" },
  float8_e5m2fnuz: { bytes: 1, safetensors: "F8_E5M2FNUZ" },
  float8_e8m0fnu: { bytes: 1, safetensors: "F8_E8M0" },
  float6_e2m3: { bytes: 3 / 4, safetensors: "F6_E2M3" },
  float6_e3m2: { bytes: 3 / 4, safetensors: "F6_E3M2" },
  float4_e2m1fn_x2: { bytes: 1 / 2, safetensors: "F4" },
  int64: { bytes: 8, onnx: 7, safetensors: "I64", torchStorage: "LongStorage" },
  int32: { bytes: 4, onnx: 6, safetensors: "I32", torchStorage: "IntStorage" },
  int16: { bytes: 2, onnx: 5, safetensors: "I16", torchStorage: "ShortStorage" },
  int8: { bytes: 1, onnx: 3, safetensors: "I8", torchStorage: "CharStorage" },
  uint64: { bytes: 8, safetensors: "U64" },
  uint32: { bytes: 4, safetensors: "U32" },
  uint16: { bytes: 2, safetensors: "U16" },
  uint8: { bytes: 1, onnx: 2, safetensors: "U8", torchStorage: "ByteStorage" },
  bool: { bytes: 1, onnx: 9, safetensors: "BOOL", torchStorage: "BoolStorage" },
  complex128: { bytes: 16, torchStorage: "ComplexDoubleStorage" },
  complex64: { bytes: 8, safetensors: "C64", torchStorage: "ComplexFloatStorage" },
  complex32: { bytes: 4 },
  qint32: { bytes: 4, torchStorage: "QInt32Storage" },
  qint8: { bytes: 1, torchStorage: "QInt8Storage" },
  quint8: { bytes: 1, torchStorage: "QUInt8Storage" },
};

/** The table of number formats: the single source of their sizes and their names in ONNX, safetensors and torch. */
export const numberFormats: typeof formats = formats;

/** The names of all number formats. */
export const dtypes: readonly DType[] = Object.keys(formats) as DType[];

/** Whether a format is an 8-bit float. */
export function isFloat8(dtype: DType): dtype is Float8DType {
  return dtype.startsWith("float8_");
}

/** Size in bytes of an array of this format and shape. */
export function byteLength(dtype: DType, shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, formats[dtype].bytes);
}
