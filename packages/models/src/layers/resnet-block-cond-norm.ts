import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { type ActivationName, activate } from "../graph/operators/activations.ts";
import { add } from "../graph/operators/elementwise.ts";
import { convolution, imageShape } from "../graph/operators/spatial.ts";
import { adaGroupNorm } from "./ada-group-norm.ts";
import { convolutionLayer } from "./convolution-layer.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Options of {@link resnetBlockCondNorm}. */
export interface ResnetBlockCondNormOptions {
  readonly outChannels: number;
  /** Groups of the first norm. */
  readonly groups: number;
  /** Groups of the second norm. */
  readonly groupsOut: number;
  readonly epsilon: number;
  readonly activation: ActivationName;
}

/**
 * A residual block whose norms the timestep scales and shifts; diffusers' `ResnetBlockCondNorm2D` with `ada_group`, as
 * the blocks of k-diffusion have it: the convolution of the shortcut has no bias.
 *
 * @param time - The time embedding, [batch, width], before any activation.
 */
export function resnetBlockCondNorm(
  builder: GraphBuilder,
  value: GraphValue,
  time: GraphValue,
  scope: WeightScope,
  options: ResnetBlockCondNormOptions,
): GraphValue {
  const { outChannels, groups, groupsOut, epsilon, activation } = options;
  const { channels } = imageShape(value);
  const kernelSize = 3;
  let hidden = adaGroupNorm(builder, value, time, scope.child("norm1"), { groups, epsilon });
  hidden = convolutionLayer(builder, activate(builder, hidden, activation), scope.child("conv1"), {
    outChannels,
    kernelSize,
  });
  hidden = adaGroupNorm(builder, hidden, time, scope.child("norm2"), { groups: groupsOut, epsilon });
  hidden = convolutionLayer(builder, activate(builder, hidden, activation), scope.child("conv2"), {
    outChannels,
    kernelSize,
  });
  if (channels === outChannels) return add(builder, value, hidden);
  const weight = scope
    .child("conv_shortcut")
    .take("weight", value.elementType, [outChannels, channels, 1, 1]);
  return add(builder, convolution(builder, value, weight, undefined), hidden);
}
