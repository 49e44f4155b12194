import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { add, castTo, divide, multiply, numberLike, softmax } from "../graph/operators/elementwise.ts";
import { matrixProduct } from "../graph/operators/matrix.ts";
import { reshape, transpose } from "../graph/operators/shaping.ts";
import { convolution, imageShape } from "../graph/operators/spatial.ts";
import { groupNorm } from "./group-norm.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Options of {@link attention}. */
export interface AttentionOptions {
  /**
   * Channels per head. There are as many heads as fit into the channels; where they do not fill them, the projections are
   * narrower than the image.
   */
  readonly headDimension: number;
  /** Groups of the norm before the projections; `null` where the block has no norm. */
  readonly groups: number | null;
  readonly epsilon: number;
  /** The sum with the residual is divided by this; 1 by default. */
  readonly outputScaleFactor?: number | undefined;
}

/**
 * Self-attention over the pixels of an image, with a residual; diffusers' `Attention` as the UNet blocks use it.
 *
 * Pixels stay in the last dimension: a linear layer over channels is then a 1×1 convolution, and the image is never
 * transposed to tokens and back. Scores and softmax are in float32, whatever the type of the image: a score is a sum of
 * products, and the first to leave the range of float16.
 */
export function attention(
  builder: GraphBuilder,
  value: GraphValue,
  scope: WeightScope,
  options: AttentionOptions,
): GraphValue {
  const { headDimension, groups, epsilon, outputScaleFactor = 1 } = options;
  const { batch, channels, height, width } = imageShape(value);
  const heads = Math.floor(channels / headDimension);
  const innerChannels = heads * headDimension;
  const tokens = height * width;
  const input =
    groups === null ? value : groupNorm(builder, value, scope.child("group_norm"), { groups, epsilon });
  const project = (image: GraphValue, name: string): GraphValue =>
    pointwiseLinear(builder, image, scope.child(name), innerChannels);
  const splitHeads = (image: GraphValue): GraphValue =>
    reshape(builder, image, [batch, heads, headDimension, tokens]);

  const scale = builder.floats([headDimension ** -0.5]);
  const query = splitHeads(multiply(builder, castTo(builder, project(input, "to_q"), "float32"), scale));
  const key = splitHeads(castTo(builder, project(input, "to_k"), "float32"));
  const tokenValue = splitHeads(project(input, "to_v"));
  const scores = matrixProduct(builder, transpose(builder, query, [0, 1, 3, 2]), key);
  const weights = castTo(builder, softmax(builder, scores, -1), value.elementType);
  const attended = matrixProduct(builder, tokenValue, transpose(builder, weights, [0, 1, 3, 2]));
  const image = reshape(builder, attended, [batch, innerChannels, height, width]);
  const sum = add(builder, pointwiseLinear(builder, image, scope.child("to_out.0"), channels), value);
  return outputScaleFactor === 1 ? sum : divide(builder, sum, numberLike(builder, sum, outputScaleFactor));
}

/** `torch.nn.Linear` over the channels of an image. The weight's bytes are those of a 1×1 convolution. */
function pointwiseLinear(
  builder: GraphBuilder,
  value: GraphValue,
  scope: WeightScope,
  outChannels: number,
): GraphValue {
  const { channels } = imageShape(value);
  const weight = scope.take(
    "weight",
    value.elementType,
    [outChannels, channels],
    [outChannels, channels, 1, 1],
  );
  return convolution(builder, value, weight, scope.take("bias", value.elementType, [outChannels]));
}
