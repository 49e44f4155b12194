import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { add, castTo, multiply } from "../graph/operators/elementwise.ts";
import { reshape, slice } from "../graph/operators/shaping.ts";
import { imageShape } from "../graph/operators/spatial.ts";
import { type GroupNormOptions, normaliseGroups } from "./group-norm.ts";
import { linearLayer } from "./linear-layer.ts";
import type { WeightScope } from "./weight-scope.ts";

/**
 * A group norm without weights of its own, scaled and shifted by the timestep; diffusers' `AdaGroupNorm`
 * (`models/normalization.py`).
 *
 * @param time - The time embedding, [batch, width], before any activation.
 */
export function adaGroupNorm(
  builder: GraphBuilder,
  value: GraphValue,
  time: GraphValue,
  scope: WeightScope,
  options: Pick<GroupNormOptions, "groups" | "epsilon">,
): GraphValue {
  const { channels } = imageShape(value);
  const projected = linearLayer(builder, time, scope.child("linear"), 2 * channels);
  const [batch] = projected.shape as readonly [string];
  const modulation = castTo(builder, reshape(builder, projected, [batch, 2 * channels, 1, 1]), "float32");
  const scale = slice(builder, modulation, 1, 0, channels);
  const shift = slice(builder, modulation, 1, channels, 2 * channels);
  const normalised = normaliseGroups(builder, value, options);
  const factor = add(builder, scale, builder.floats([1]));
  return castTo(builder, add(builder, multiply(builder, normalised, factor), shift), value.elementType);
}
