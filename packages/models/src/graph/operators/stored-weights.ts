import { type Float8Type, onnxDataType } from "../element-type.ts";
import { float8Values } from "../float8-values.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import type { GraphValue } from "../graph-value.ts";
import type { WeightReference } from "../weight-reference.ts";
import { gatherRows, reshape } from "./shaping.ts";

/** An array of a file as it is computed with: its rows together, numbers of 8 bits in float32. */
export function storedWeight(
  builder: GraphBuilder,
  name: string,
  reference: WeightReference,
  graphShape: readonly number[],
): GraphValue {
  const { interleaved, float8 } = reference;
  const value =
    interleaved === undefined
      ? builder.weight(name, reference, graphShape)
      : reshape(builder, gatherPieces(builder, name, reference), graphShape);
  return float8 === undefined ? value : decodeFloat8(builder, value, float8);
}

/** The rows that belong to an array, out of all that they are interleaved with. */
function gatherPieces(builder: GraphBuilder, name: string, reference: WeightReference): GraphValue {
  const { groups, of, index } = reference.interleaved as NonNullable<WeightReference["interleaved"]>;
  const pieceLength = reference.length / groups;
  const [rows = 0, ...columns] = reference.shape;
  const all = builder.weight(name, {
    ...reference,
    offset: reference.offset - index * pieceLength,
    length: of * reference.length,
    shape: [groups, of, rows / groups, ...columns],
  });
  const shape = [groups, 1, rows / groups, ...columns];
  return builder.node(
    "Gather",
    [all, builder.integers([index])],
    { integers: { axis: 1 } },
    { elementType: all.elementType, shape },
  );
}

/** Looks each byte up in the 256 numbers that there are; every device has the operators for that. */
function decodeFloat8(builder: GraphBuilder, bytes: GraphValue, type: Float8Type): GraphValue {
  const indices = builder.node(
    "Cast",
    [bytes],
    { integers: { to: onnxDataType.int32 } },
    { elementType: "int32", shape: bytes.shape },
  );
  return gatherRows(builder, builder.floats(float8Values(type)), indices);
}
