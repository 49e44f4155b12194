import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { add, divide, silu } from "../graph/operators/elementwise.ts";
import { reshape, slice } from "../graph/operators/shaping.ts";
import { averagePool2x2, imageShape, nearestUpsample2x } from "../graph/operators/spatial.ts";
import { convolutionLayer } from "./convolution-layer.ts";
import { groupNorm } from "./group-norm.ts";
import { linearLayer } from "./linear-layer.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Options of {@link resnetBlock}. */
export interface ResnetBlockOptions {
  readonly outChannels: number;
  readonly groups: number;
  readonly epsilon: number;
  /** How the timestep enters: added after the first convolution, or as scale and shift of the second norm. */
  readonly timeScaleShift: "default" | "scale_shift";
  /** Halves or doubles height and width, on both branches, before the first convolution. */
  readonly resample?: "down" | "up" | undefined;
  /** The sum of both branches is divided by this; 1 by default. */
  readonly outputScaleFactor?: number | undefined;
}

/**
 * A residual block with a timestep in it; diffusers' `ResnetBlock2D`.
 *
 * @param activatedTime - `silu` of the time embedding, [batch, width].
 */
export function resnetBlock(
  builder: GraphBuilder,
  value: GraphValue,
  activatedTime: GraphValue,
  scope: WeightScope,
  options: ResnetBlockOptions,
): GraphValue {
  const { outChannels, groups, epsilon, timeScaleShift, outputScaleFactor = 1 } = options;
  const { channels } = imageShape(value);
  const resample = resamplers[options.resample ?? "none"];
  const normalised = groupNorm(builder, value, scope.child("norm1"), { groups, epsilon });
  let hidden = resample(builder, silu(builder, normalised));
  let residual = resample(builder, value);
  hidden = convolutionLayer(builder, hidden, scope.child("conv1"), { outChannels, kernelSize: 3 });

  const timeWidth = timeScaleShift === "scale_shift" ? 2 * outChannels : outChannels;
  const projected = linearLayer(builder, activatedTime, scope.child("time_emb_proj"), timeWidth);
  const [batch] = projected.shape as readonly [string];
  const time = reshape(builder, projected, [batch, timeWidth, 1, 1]);
  if (timeScaleShift === "scale_shift") {
    const modulation = {
      scale: slice(builder, time, 1, 0, outChannels),
      shift: slice(builder, time, 1, outChannels, timeWidth),
    };
    hidden = groupNorm(builder, hidden, scope.child("norm2"), { groups, epsilon, modulation });
  } else {
    hidden = groupNorm(builder, add(builder, hidden, time), scope.child("norm2"), { groups, epsilon });
  }
  hidden = convolutionLayer(builder, silu(builder, hidden), scope.child("conv2"), {
    outChannels,
    kernelSize: 3,
  });

  if (channels !== outChannels) {
    residual = convolutionLayer(builder, residual, scope.child("conv_shortcut"), {
      outChannels,
      kernelSize: 1,
    });
  }
  const sum = add(builder, residual, hidden);
  return outputScaleFactor === 1 ? sum : divide(builder, sum, builder.floats([outputScaleFactor]));
}

const resamplers = {
  none: (_builder: GraphBuilder, value: GraphValue): GraphValue => value,
  down: averagePool2x2,
  up: nearestUpsample2x,
};
