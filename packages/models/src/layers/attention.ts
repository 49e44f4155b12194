import {
  add,
  conv2d,
  div,
  GraphError,
  imageShape,
  product,
  reshape,
  type Scope,
  scalarLike,
  scaledDotProductAttention,
  type Value,
} from "@onestep/graph";
import { groupNormLayer } from "./modules.ts";

/** Options of {@link attention}. */
export interface AttentionOptions {
  /**
   * Channels per head. The number of heads is rounded down; if they do not fill the channels, the projections are narrower
   * than the image.
   */
  readonly headDimension: number;
  /** Groups of the norm before the projections; `null` if the block has no norm. */
  readonly groups: number | null;
  readonly epsilon: number;
  /** Divisor of the sum with the residual; 1 by default. */
  readonly outputScaleFactor?: number | undefined;
}

/**
 * Self-attention over the pixels of an image, with a residual; diffusers' `Attention` as the UNet blocks use it.
 *
 * Pixels stay in the last dimension: a linear layer over channels becomes a 1×1 convolution, and the image is never
 * transposed.
 */
export function attention(value: Value, scope: Scope, options: AttentionOptions): Value {
  const { headDimension, groups, epsilon, outputScaleFactor = 1 } = options;
  const { batch, channels, height, width } = imageShape(value);
  const heads = Math.floor(channels / headDimension);
  const innerChannels = heads * headDimension;
  if (heads < 1) throw tooNarrow(channels, headDimension);
  const tokens = product([height, width]);
  const input =
    groups === null
      ? value
      : scope.within("group_norm", (norm) => groupNormLayer(value, norm, { groups, epsilon }));
  const project = (name: string): Value =>
    reshape(pointwiseLinear(input, scope.child(name), innerChannels), [batch, heads, headDimension, tokens]);

  const query = project("to_q");
  const key = project("to_k");
  const attended = scaledDotProductAttention(query, key, project("to_v"), { tokensLast: true });
  const image = reshape(attended, [batch, innerChannels, height, width]);
  const sum = add(pointwiseLinear(image, scope.child("to_out.0"), channels), value);
  return outputScaleFactor === 1 ? sum : div(sum, scalarLike(sum, outputScaleFactor));
}

/** `torch.nn.Linear` over the channels of an image. The weight's bytes are those of a 1×1 convolution. */
function pointwiseLinear(value: Value, scope: Scope, outChannels: number): Value {
  const { channels } = imageShape(value);
  const weight = scope.matrix("weight", [outChannels, channels], value.dtype);
  const kernel = reshape(weight, [outChannels, channels, 1, 1]);
  return conv2d(value, kernel, scope.vector("bias", [outChannels], value.dtype));
}

function tooNarrow(channels: number, headDimension: number): GraphError {
  return new GraphError({
    subject: "attention",
    found: `${channels} channels`,
    expected: `at least ${headDimension}, the width of one head`,
    remedy: "The configuration of the model contradicts itself.",
  });
}
