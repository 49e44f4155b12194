import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { type ActivationName, activate } from "../graph/operators/activations.ts";
import { add, divide, numberLike } from "../graph/operators/elementwise.ts";
import { reshape, slice } from "../graph/operators/shaping.ts";
import { averagePool2x2, imageShape, nearestUpsample2x } from "../graph/operators/spatial.ts";
import { convolutionLayer } from "./convolution-layer.ts";
import { firDownsample2D, firUpsample2D } from "./fir-resampling.ts";
import { groupNorm } from "./group-norm.ts";
import { linearLayer } from "./linear-layer.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Halving or doubling: mean and nearest pixels, or through a filter. */
export type Resample = "down" | "up" | "fir_down" | "fir_up";

/** Options of {@link resnetBlock}. */
export interface ResnetBlockOptions {
  readonly outChannels: number;
  /** Groups of the first norm. */
  readonly groups: number;
  /** Groups of the second norm; as many as of the first by default. */
  readonly groupsOut?: number | undefined;
  readonly epsilon: number;
  /** The activation after both norms. */
  readonly activation: ActivationName;
  /** How the timestep enters: added after the first convolution, or as scale and shift of the second norm. */
  readonly timeScaleShift: "default" | "scale_shift";
  /** Halves or doubles height and width, on both branches, before the first convolution. */
  readonly resample?: Resample | undefined;
  /** Whether the residual goes through a 1×1 convolution; by default where the number of channels changes. */
  readonly useInShortcut?: boolean | undefined;
  /** The sum of both branches is divided by this; 1 by default. */
  readonly outputScaleFactor?: number | undefined;
}

/**
 * A residual block with a timestep in it; diffusers' `ResnetBlock2D`.
 *
 * @param activatedTime - The time embedding after the block's activation, [batch, width].
 */
export function resnetBlock(
  builder: GraphBuilder,
  value: GraphValue,
  activatedTime: GraphValue,
  scope: WeightScope,
  options: ResnetBlockOptions,
): GraphValue {
  const { outChannels, groups, groupsOut = groups, epsilon, activation, timeScaleShift } = options;
  const { channels } = imageShape(value);
  const { outputScaleFactor = 1, useInShortcut = channels !== outChannels } = options;
  const resample = resamplers[options.resample ?? "none"];
  const normalised = groupNorm(builder, value, scope.child("norm1"), { groups, epsilon });
  let hidden = resample(builder, activate(builder, normalised, activation));
  let residual = resample(builder, value);
  hidden = convolutionLayer(builder, hidden, scope.child("conv1"), { outChannels, kernelSize: 3 });

  const timeWidth = timeScaleShift === "scale_shift" ? 2 * outChannels : outChannels;
  const projected = linearLayer(builder, activatedTime, scope.child("time_emb_proj"), timeWidth);
  const [batch] = projected.shape as readonly [string];
  const time = reshape(builder, projected, [batch, timeWidth, 1, 1]);
  const norm2 = { groups: groupsOut, epsilon };
  if (timeScaleShift === "scale_shift") {
    const modulation = {
      scale: slice(builder, time, 1, 0, outChannels),
      shift: slice(builder, time, 1, outChannels, timeWidth),
    };
    hidden = groupNorm(builder, hidden, scope.child("norm2"), { ...norm2, modulation });
  } else {
    hidden = groupNorm(builder, add(builder, hidden, time), scope.child("norm2"), norm2);
  }
  hidden = convolutionLayer(builder, activate(builder, hidden, activation), scope.child("conv2"), {
    outChannels,
    kernelSize: 3,
  });

  if (useInShortcut) {
    residual = convolutionLayer(builder, residual, scope.child("conv_shortcut"), {
      outChannels,
      kernelSize: 1,
    });
  }
  const sum = add(builder, residual, hidden);
  return outputScaleFactor === 1 ? sum : divide(builder, sum, numberLike(builder, sum, outputScaleFactor));
}

const resamplers: Readonly<
  Record<Resample | "none", (builder: GraphBuilder, value: GraphValue) => GraphValue>
> = {
  none: (_builder, value) => value,
  down: averagePool2x2,
  up: nearestUpsample2x,
  fir_down: firDownsample2D,
  fir_up: firUpsample2D,
};
