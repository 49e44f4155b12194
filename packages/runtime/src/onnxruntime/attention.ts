import type { Dimension, GraphDType, Node, Value } from "@onestep/graph";
import { dtypeOf, type Lowering } from "./lowering.ts";

/** A node of either attention operator. */
export type AttentionNode = Node<"scaledDotProductAttention"> | Node<"multiHeadAttention">;

/**
 * How many bytes of scores to hold at once for each image. A guided run has two images, whose scores then fit into the
 * 128 MiB that every WebGPU device can bind.
 */
export const scoreBytes: number = 2 ** 26;

/** Scores are computed in float32. */
const bytesPerScore = 4;

/** The sizes of an attention node; a symbolic one is undefined. */
export interface AttentionSizes {
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

/** The number of heads, queries and keys of a node; undefined if one is symbolic. */
export function attentionSizes({ operator, attributes, inputs }: AttentionNode): AttentionSizes | undefined {
  const [query, key] = inputs as readonly [Value, Value];
  const axis = operator === "multiHeadAttention" ? 1 : attributes.tokensLast ? 3 : 2;
  const heads = operator === "multiHeadAttention" ? attributes.heads : query.shape[1];
  const [queries, keys] = [query.shape[axis], key.shape[axis]];
  const isKnown = [heads, queries, keys].every((length) => typeof length === "number");
  return isKnown ? ({ heads, queries, keys } as AttentionSizes) : undefined;
}

/** How many queries at once have scores of at most {@link scoreBytes} for each image. */
export function queriesAtOnce({ heads, queries, keys }: AttentionSizes): number {
  const most = Math.max(1, Math.floor(scoreBytes / (heads * keys * bytesPerScore)));
  return Math.ceil(queries / Math.ceil(queries / most));
}

/** The bytes of the scores that a device without flash attention holds at once for each image; 0 if unknown. */
export function scoresAtOnce(node: AttentionNode): number {
  const sizes = attentionSizes(node);
  return sizes === undefined ? 0 : sizes.heads * queriesAtOnce(sizes) * sizes.keys * bytesPerScore;
}

/**
 * Scores, softmax and product as three operators that every device has. Queries are independent of each other, so many
 * of them are attended to in slices, one after the other.
 */
export function lowerAttention(lowering: Lowering, node: Node<"scaledDotProductAttention">): string {
  const { scale, tokensLast } = node.attributes;
  const [query, key, value] = node.inputs as readonly [Value, Value, Value];
  const dtype = dtypeOf(value);
  const inFloat32 = (input: Value): string => lowering.cast(lowering.name(input), dtypeOf(input), "float32");
  const transpose = (name: string): string =>
    lowering.emit("Transpose", [name], integers({ perm: [0, 1, 3, 2] }));
  const scaled = lowering.emit("Mul", [inFloat32(query), lowering.floats([scale])]);
  const keys = inFloat32(key);
  const [queries, turnedKeys] = tokensLast ? [transpose(scaled), keys] : [scaled, transpose(keys)];
  const values = lowering.name(value);
  return inSlices(lowering, node, { queries, axis: tokensLast ? 3 : 2 }, (slice) => {
    const scores = lowering.emit("MatMul", [slice, turnedKeys]);
    const weights = lowering.cast(softmax(lowering, scores), "float32", dtype);
    return lowering.emit("MatMul", tokensLast ? [values, transpose(weights)] : [weights, values]);
  });
}

/** Splits the heads, applies {@link lowerAttention}'s operators, and merges the heads. */
export function lowerMultiHeadAttention(lowering: Lowering, node: Node<"multiHeadAttention">): string {
  const { heads, scale, isCausal } = node.attributes;
  const [query, key, value] = node.inputs as readonly [Value, Value, Value];
  const dtype = dtypeOf(value);
  const split = ({ shape: [batch = "", tokens = "", width] }: Value): readonly Dimension[] => [
    batch,
    tokens,
    heads,
    (width as number) / heads,
  ];
  const separate = (input: Value, order: readonly number[], to: GraphDType): string => {
    const parts = lowering.reshape(lowering.name(input), input.shape, split(input));
    const transposed = lowering.emit("Transpose", [parts], integers({ perm: order }));
    return lowering.cast(transposed, dtypeOf(input), to);
  };
  const queries = lowering.emit("Mul", [separate(query, [0, 2, 1, 3], "float32"), lowering.floats([scale])]);
  const keys = separate(key, [0, 2, 3, 1], "float32");
  const values = separate(value, [0, 2, 1, 3], dtype);
  const mask = isCausal ? causalMask(lowering, query, key) : undefined;
  const attended = inSlices(lowering, node, { queries, axis: 2 }, (slice, rows) => {
    const scores = lowering.emit("MatMul", [slice, keys]);
    const masked = mask === undefined ? scores : lowering.emit("Add", [scores, rows(mask)]);
    return lowering.emit("MatMul", [lowering.cast(softmax(lowering, masked), "float32", dtype), values]);
  });
  const joined = lowering.emit("Transpose", [attended], integers({ perm: [0, 2, 1, 3] }));
  return lowering.reshape(joined, split(query), query.shape);
}

/**
 * Attends to the queries in slices, and concatenates the results.
 *
 * @param queries - [batch, heads, queries, width]; `axis` is that of the queries in the results.
 * @param attend - Attends to a slice of them; `rows` takes the same slice of a mask [queries, keys].
 */
function inSlices(
  lowering: Lowering,
  node: AttentionNode,
  { queries, axis }: { readonly queries: string; readonly axis: number },
  attend: (slice: string, rows: (mask: string) => string) => string,
): string {
  const sizes = attentionSizes(node);
  const length = sizes === undefined ? Number.POSITIVE_INFINITY : queriesAtOnce(sizes);
  if (sizes === undefined || length >= sizes.queries) return attend(queries, (mask) => mask);
  const parts: string[] = [];
  for (let start = 0; start < sizes.queries; start += length) {
    const end = Math.min(start + length, sizes.queries);
    const take = (name: string, along: number): string =>
      lowering.emit("Slice", [name, ...[[start], [end], [along]].map((list) => lowering.integers(list))]);
    parts.push(attend(take(queries, 2), (mask) => take(mask, 0)));
  }
  return lowering.emit("Concat", parts, integers({ axis }));
}

function softmax(lowering: Lowering, scores: string): string {
  return lowering.emit("Softmax", [scores], integers({ axis: -1 }));
}

/** The lowest float above the diagonal, 0 elsewhere: [tokens of the query, tokens of the key]. */
function causalMask(lowering: Lowering, query: Value, key: Value): string {
  const shape = lowering.shapeOf([query.shape[1] as Dimension, key.shape[1] as Dimension]);
  const lowest = lowering.emit("Expand", [lowering.floats([-3.4028234663852886e38]), shape]);
  return lowering.emit("Trilu", [lowest, lowering.integerScalar(1)], integers({ upper: 1 }));
}

function integers(values: Readonly<Record<string, number | readonly number[]>>): {
  readonly attributes: { readonly integers: Readonly<Record<string, number | readonly number[]>> };
} {
  return { attributes: { integers: values } };
}
