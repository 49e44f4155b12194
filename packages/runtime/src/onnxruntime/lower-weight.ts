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
  /** The file, as onnxruntime is told to call it. */
  readonly location: string;
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes of the array. */
  readonly length: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly interleaved?: InterleavedRows | undefined;
}

/**
 * A stored array as a value of the model: its rows together, in the shape and the format that the graph computes with.
 * onnxruntime casts weights once, while it loads them.
 *
 * @throws GraphError where the bytes do not fit the shape, or the stored format is none that a graph computes with.
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

/** The rows that belong to an array, out of all that they are interleaved with. */
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

/** Looks each byte up in the 256 numbers that there are; every device has the operators for that. */
function decodeFloat8(lowering: Lowering, bytes: string, dtype: Float8DType): string {
  const indices = lowering.cast(bytes, "uint8", "int32");
  return lowering.emit("Gather", [lowering.floats(float8Values(dtype)), indices], {
    attributes: { integers: { axis: 0 } },
  });
}
