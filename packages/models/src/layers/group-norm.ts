import type { GraphBuilder } from "../graph/graph-builder.ts";
import { GraphError } from "../graph/graph-error.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { add, castTo, multiply } from "../graph/operators/elementwise.ts";
import { reshape } from "../graph/operators/shaping.ts";
import { imageShape } from "../graph/operators/spatial.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /**
   * A scale and a shift from the timestep, each [batch, channels, 1, 1]: the result is `norm(x) · (1 + scale) + shift`.
   * Folded into the norm's own weights, so that the image is gone over once.
   */
  readonly modulation?: { readonly scale: GraphValue; readonly shift: GraphValue } | undefined;
}

/**
 * Group normalisation (Wu and He, 2018) of [batch, channels, height, width], as `torch.nn.GroupNorm`: computed in float32,
 * whatever the type of the image, since sums over thousands of pixels need it. The result is of the image's type.
 *
 * @throws GraphError where the channels do not fall into so many equal groups.
 */
export function groupNorm(
  builder: GraphBuilder,
  value: GraphValue,
  scope: WeightScope,
  options: GroupNormOptions,
): GraphValue {
  const { groups, epsilon, modulation } = options;
  const { channels } = imageShape(value);
  let weight = scope.take("weight", "float32", [channels], [channels, 1, 1]);
  let bias = scope.take("bias", "float32", [channels], [channels, 1, 1]);
  if (modulation !== undefined) {
    const scale = castTo(builder, modulation.scale, "float32");
    const factor = add(builder, scale, builder.floats([1]));
    weight = multiply(builder, weight, factor);
    bias = add(builder, multiply(builder, bias, factor), castTo(builder, modulation.shift, "float32"));
  }
  const image = normaliseGroups(builder, value, { groups, epsilon });
  return castTo(builder, add(builder, multiply(builder, image, weight), bias), value.elementType);
}

/** {@link groupNorm} without weights: each group of channels to mean 0 and variance 1, in float32. */
export function normaliseGroups(
  builder: GraphBuilder,
  value: GraphValue,
  options: Pick<GroupNormOptions, "groups" | "epsilon">,
): GraphValue {
  const { groups, epsilon } = options;
  const { batch, channels, height, width } = imageShape(value);
  if (!(groups >= 1 && channels % groups === 0)) {
    throw new GraphError({
      subject: `norm of ${value.name}`,
      found: `${channels} channels`,
      expected: `a multiple of its ${groups} groups`,
      remedy: "The configuration of the model contradicts itself.",
    });
  }
  const image = castTo(builder, value, "float32");
  const grouped = reshape(builder, image, [batch, groups, (channels / groups) * height * width]);
  const ones = builder.floats(new Array<number>(groups).fill(1));
  const zeros = builder.floats(new Array<number>(groups).fill(0));
  const normalised = builder.node(
    "InstanceNormalization",
    [grouped, ones, zeros],
    { floats: { epsilon } },
    grouped,
  );
  return reshape(builder, normalised, value.shape);
}
