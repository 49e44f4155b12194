import {
  add,
  chunk,
  type Dimension,
  GraphError,
  gelu,
  imageShape,
  mul,
  multiHeadAttention,
  permute,
  product,
  reshape,
  type Scope,
  type Value,
} from "@onestep/graph";
import { convolutionLayer, groupNormLayer, layerNormLayer, linearLayer } from "./modules.ts";

/** Options of {@link transformer2D}. */
export interface Transformer2DOptions {
  /** Number of heads. */
  readonly heads: number;
  /** Number of consecutive blocks. */
  readonly layers: number;
  /** Groups of the norm before the first block. */
  readonly groups: number;
  /** Whether the input and output projections are stored as linear layers, rather than 1×1 convolutions. */
  readonly useLinearProjection: boolean;
}

/** Added to the variance in the norm before the blocks, regardless of the config. */
const groupNormEpsilon = 1e-6;
const layerNormEpsilon = 1e-5;

/**
 * Transformer blocks over the pixels of an image, with self-attention and cross-attention to a text; diffusers'
 * `Transformer2DModel` over continuous inputs (`models/transformers/transformer_2d.py`).
 *
 * @param context - The cross-attention context, [batch, tokens, width].
 */
export function transformer2D(
  value: Value,
  context: Value,
  scope: Scope,
  options: Transformer2DOptions,
): Value {
  const { heads, layers, groups, useLinearProjection } = options;
  const { batch, channels, height, width } = imageShape(value);
  if (!(heads >= 1 && channels % heads === 0)) throw indivisible(channels, heads);
  const normed = scope.within("norm", (norm) =>
    groupNormLayer(value, norm, { groups, epsilon: groupNormEpsilon }),
  );
  const shape = [batch, channels, height, width];
  const convolve = (image: Value, name: string): Value =>
    convolutionLayer(image, scope.child(name), { outChannels: channels, kernelSize: 1 });
  let tokens = useLinearProjection
    ? linearLayer(toTokens(normed), scope.child("proj_in"), channels)
    : toTokens(convolve(normed, "proj_in"));
  for (let layer = 0; layer < layers; layer += 1) {
    tokens = scope.within(`transformer_blocks.${layer}`, (block) =>
      basicTransformerBlock(tokens, context, block, heads),
    );
  }
  const image = useLinearProjection
    ? toImage(linearLayer(tokens, scope.child("proj_out"), channels), shape)
    : convolve(toImage(tokens, shape), "proj_out");
  return add(image, value);
}

/**
 * Self-attention, cross-attention to the context and a feed-forward layer, each with a norm before it and a residual;
 * diffusers' `BasicTransformerBlock` (`models/attention.py`).
 */
function basicTransformerBlock(value: Value, context: Value, scope: Scope, heads: number): Value {
  const norm = (input: Value, name: string): Value =>
    layerNormLayer(input, scope.child(name), layerNormEpsilon);
  const normed = norm(value, "norm1");
  const own = add(value, crossAttention(normed, normed, scope.child("attn1"), heads));
  const crossed = add(own, crossAttention(norm(own, "norm2"), context, scope.child("attn2"), heads));
  return add(crossed, feedForward(norm(crossed, "norm3"), scope.child("ff")));
}

/** Attention of tokens to a context; diffusers' `Attention`, with a bias only in the last layer. */
function crossAttention(value: Value, context: Value, scope: Scope, heads: number): Value {
  const width = value.shape.at(-1) as number;
  const project = (input: Value, name: string): Value =>
    linearLayer(input, scope.child(name), width, { bias: false });
  const query = project(value, "to_q");
  const key = project(context, "to_k");
  const attended = multiHeadAttention(query, key, project(context, "to_v"), { heads });
  return linearLayer(attended, scope.child("to_out.0"), width);
}

/** A four times wider gated layer (GEGLU; Shazeer, 2020), then a projection back; diffusers' `FeedForward`. */
function feedForward(value: Value, scope: Scope): Value {
  const width = value.shape.at(-1) as number;
  const [hidden, gate] = chunk(linearLayer(value, scope.child("net.0.proj"), 8 * width), 2, 2);
  return linearLayer(mul(hidden as Value, gelu(gate as Value)), scope.child("net.2"), width);
}

/** [batch, channels, height, width] as [batch, pixels, channels]. */
function toTokens(image: Value): Value {
  const { batch, channels, height, width } = imageShape(image);
  return permute(reshape(image, [batch, channels, product([height, width])]), [0, 2, 1]);
}

function toImage(tokens: Value, shape: readonly Dimension[]): Value {
  return reshape(permute(tokens, [0, 2, 1]), shape);
}

function indivisible(channels: number, heads: number): GraphError {
  return new GraphError({
    subject: "attention",
    found: `${channels} channels and ${heads} heads`,
    expected: "channels that divide among the heads",
    remedy: "The configuration of the model contradicts itself.",
  });
}
