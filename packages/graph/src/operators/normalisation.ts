import { GraphError } from "../errors.ts";
import { createValue, type Value } from "../graph.ts";
import { imageShape, mismatch } from "./checks.ts";

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** float32, [channels] or [batch, channels, 1, 1]; 1 by default. */
  readonly weight?: Value | undefined;
  /** float32, [channels] or [batch, channels, 1, 1]; 0 by default. */
  readonly bias?: Value | undefined;
}

/**
 * Group normalisation (Wu and He, 2018) of [batch, channels, height, width], as `torch.nn.GroupNorm`: always computed
 * in float32, since sums over thousands of pixels need it. The result has the format of the image.
 *
 * @throws GraphError if the channels do not divide evenly into groups.
 */
export function groupNorm(value: Value, options: GroupNormOptions): Value {
  const { groups, epsilon, weight, bias } = options;
  const { channels, batch } = imageShape(value);
  if (!(groups >= 1 && channels % groups === 0)) {
    throw new GraphError({
      subject: "groupNorm",
      found: `${channels} channels`,
      expected: `a multiple of ${groups}, the number of groups`,
      remedy: "The configuration of the model contradicts itself.",
    });
  }
  const shapes = [`${channels}`, `${batch},${channels},1,1`];
  for (const vector of [weight, bias]) {
    if (vector === undefined || (vector.dtype === "float32" && shapes.includes(vector.shape.join())))
      continue;
    throw mismatch("groupNorm", [value, vector], `float32 [${channels}] or [${batch}, ${channels}, 1, 1]`);
  }
  return createValue("groupNorm", [value, weight, bias], { groups, epsilon }, value);
}

/** Options of {@link layerNorm}. */
export interface LayerNormOptions {
  /** Added to the variance. */
  readonly epsilon: number;
  /** float32, [width]; 1 by default. */
  readonly weight?: Value | undefined;
  /** float32, [width]; 0 by default. */
  readonly bias?: Value | undefined;
}

/**
 * Layer normalisation (Ba et al., 2016) over the last dimension, as `torch.nn.LayerNorm`: always computed in float32. The
 * result has the format of the value.
 *
 * @throws GraphError if the weights do not fit.
 */
export function layerNorm(value: Value, options: LayerNormOptions): Value {
  const { epsilon, weight, bias } = options;
  const width = value.shape.at(-1);
  for (const vector of [weight, bias]) {
    if (vector === undefined) continue;
    const fits = vector.dtype === "float32" && vector.shape.length === 1 && vector.shape[0] === width;
    if (!fits || typeof width !== "number")
      throw mismatch("layerNorm", [value, vector], `float32 [${width}]`);
  }
  return createValue("layerNorm", [value, weight, bias], { epsilon }, value);
}
