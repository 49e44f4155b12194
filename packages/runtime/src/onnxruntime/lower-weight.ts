import {
  byteLength,
  type DType,
  describeShape,
  type Float8DType,
  type GraphDType,
  GraphError,
  isFloat8,
  numberFormats,
} from "@onestep/graph";
import { float8Values } from "./float8-values.ts";
import type { Lowering } from "./lowering.ts";

/** Rows that are stored between those of other arrays: `groups` times, piece `index` of `of` pieces of equal length. */
export interface InterleavedRows {
  readonly groups: number;
  readonly of: number;
  readonly index: number;
}

/** Where one array is stored, little-endian and row-major, and without gaps unless its rows are interleaved. */
export interface LocatedWeight {
  /** The `location` of the file for onnxruntime. */
  readonly location: string;
  /** First byte in the file. */
  readonly offset: number;
  /** Length of the array in bytes. */
  readonly length: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly interleaved?: InterleavedRows | undefined;
}

/**
 * A stored array as a model value: contiguous rows, in the graph's shape and compute format. onnxruntime casts weights
 * once, at load time.
 *
 * @throws GraphError if the bytes do not match the shape, or graphs cannot compute with the stored format.
 */
export function lowerWeight(
  lowering: Lowering,
  name: string,
  weight: LocatedWeight,
  wanted: { readonly dtype: GraphDType; readonly shape: readonly number[] },
): string {
  const { dtype } = weight;
  const expected = byteLength(dtype, wanted.shape);
  if (expected !== weight.length) {
    throw new GraphError({
      subject: name,
      found: `${weight.length} bytes`,
      expected: `${expected} for ${dtype} ${describeShape(wanted.shape)}`,
      remedy: "The place of a weight must be exactly the bytes of the array.",
    });
  }
  const stored = isFloat8(dtype) ? "uint8" : dtype;
  if (!isGraphDType(stored)) {
    throw new GraphError({
      subject: name,
      found: `numbers in ${dtype}`,
      expected: "a format that a graph computes with",
      remedy: "Store the weights in float32, float16 or bfloat16.",
    });
  }
  const array = weight.interleaved
    ? gatherPieces(lowering, name, weight, stored, wanted.shape)
    : lowering.initializer({ name, dtype: stored, shape: wanted.shape, data: placeOf(weight) });
  if (isFloat8(dtype)) return lowering.cast(decodeFloat8(lowering, array, dtype), "float32", wanted.dtype);
  return lowering.cast(array, stored, wanted.dtype);
}

function isGraphDType(dtype: LocatedWeight["dtype"]): dtype is GraphDType {
  return numberFormats[dtype].onnx !== undefined;
}

function placeOf({ location, offset, length }: LocatedWeight): Omit<LocatedWeight, "dtype" | "shape"> {
  return { location, offset, length };
}

/** Extracts an array's rows from the interleaved ones. */
function gatherPieces(
  lowering: Lowering,
  name: string,
  weight: LocatedWeight,
  dtype: GraphDType,
  shape: readonly number[],
): string {
  const { groups, of, index } = weight.interleaved as NonNullable<LocatedWeight["interleaved"]>;
  const { location, offset, length } = weight;
  const [rows = 0, ...columns] = weight.shape;
  const all = lowering.initializer({
    name,
    dtype,
    shape: [groups, of, rows / groups, ...columns],
    data: { location, offset: offset - (index * length) / groups, length: of * length },
  });
  const pieces = lowering.emit("Gather", [all, lowering.integers([index])], {
    attributes: { integers: { axis: 1 } },
  });
  return lowering.emit("Reshape", [pieces, lowering.integers(shape)]);
}

/** Looks each byte up in a table of 256 numbers; every device has the operators for that. */
function decodeFloat8(lowering: Lowering, bytes: string, dtype: Float8DType): string {
  const indices = lowering.cast(bytes, "uint8", "int32");
  return lowering.emit("Gather", [lowering.floats(float8Values(dtype)), indices], {
    attributes: { integers: { axis: 0 } },
  });
}
