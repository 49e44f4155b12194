/** The typed array that holds each element type. */
export interface TensorDataByType {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
}

/** An element type, named as in torch. */
export type DataType = keyof TensorDataByType;

/** An element type that arithmetic is done in. */
export type FloatType = "float32" | "float64";
