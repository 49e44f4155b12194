import { createValue, type Value } from "../graph.ts";
import { mismatch, requireOneDType } from "./checks.ts";

/** Options of {@link scaledDotProductAttention}. */
export interface AttentionOptions {
  /** Factor of the scores; 1/√(head width) by default. */
  readonly scale?: number | undefined;
  /**
   * Whether tokens are the last dimension of inputs and result, [batch, heads, width, tokens], like untransposed image
   * pixels. By default tensors are as in torch, [batch, heads, tokens, width].
   */
  readonly tokensLast?: boolean | undefined;
}

/**
 * `softmax(query · keyᵀ · scale) · value` (Vaswani et al., 2017), as `torch.nn.functional.scaled_dot_product_attention`.
 * Scores and softmax are always computed in float32: scores are sums of products and the first values to overflow
 * float16.
 *
 * @throws GraphError if the shapes do not fit.
 */
export function scaledDotProductAttention(
  query: Value,
  key: Value,
  value: Value,
  options: AttentionOptions = {},
): Value {
  const { tokensLast = false } = options;
  const [widthAxis, tokenAxis] = tokensLast ? [2, 3] : [3, 2];
  const width = query.shape[widthAxis];
  const fits =
    [query, key, value].every(({ shape }) => shape.length === 4) &&
    [0, 1].every((axis) => query.shape[axis] === key.shape[axis] && key.shape[axis] === value.shape[axis]) &&
    key.shape[widthAxis] === width &&
    key.shape[tokenAxis] === value.shape[tokenAxis];
  if (!fits || typeof width !== "number") {
    const layout = tokensLast ? "[batch, heads, width, tokens]" : "[batch, heads, tokens, width]";
    throw mismatch("scaledDotProductAttention", [query, key, value], `query, key and value of ${layout}`);
  }
  const dtype = requireOneDType("scaledDotProductAttention", [query, key, value]);
  const { scale = width ** -0.5 } = options;
  const shape = query.shape.map((dimension, axis) => (axis === widthAxis ? value.shape[axis] : dimension));
  return createValue(
    "scaledDotProductAttention",
    [query, key, value],
    { scale, tokensLast },
    { dtype, shape: shape as Value["shape"] },
  );
}

/** Options of {@link multiHeadAttention}. */
export interface MultiHeadAttentionOptions {
  /** Number of heads. */
  readonly heads: number;
  /** Factor of the scores; 1/√(head width) by default. */
  readonly scale?: number | undefined;
  /** Whether a token attends only to itself and earlier ones, as in a language model. */
  readonly isCausal?: boolean | undefined;
}

/**
 * {@link scaledDotProductAttention} with concatenated heads: query [batch, tokens, heads · width], key and value
 * [batch, other tokens, heads · width]; the result has the query's shape.
 *
 * @throws GraphError if the shapes do not fit.
 */
export function multiHeadAttention(
  query: Value,
  key: Value,
  value: Value,
  options: MultiHeadAttentionOptions,
): Value {
  const { heads, isCausal = false } = options;
  const width = query.shape[2];
  const fits =
    [query, key, value].every(({ shape }) => shape.length === 3 && shape[0] === query.shape[0]) &&
    key.shape[2] === width &&
    key.shape.join() === value.shape.join();
  if (!fits || typeof width !== "number" || !(heads >= 1 && width % heads === 0)) {
    const layout = `[batch, tokens, width], the width a multiple of ${heads} heads`;
    throw mismatch("multiHeadAttention", [query, key, value], `query, key and value of ${layout}`);
  }
  const dtype = requireOneDType("multiHeadAttention", [query, key, value]);
  const { scale = (width / heads) ** -0.5 } = options;
  const attributes = { heads, scale, isCausal };
  return createValue("multiHeadAttention", [query, key, value], attributes, { dtype, shape: query.shape });
}
