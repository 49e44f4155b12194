import type { GraphValue } from "../graph/graph-value.ts";
import { imageShape } from "../graph/operators/spatial.ts";
import { kDownsample2D } from "../layers/fir-resampling.ts";
import { resnetBlockCondNorm } from "../layers/resnet-block-cond-norm.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import type { BlockContext, BlockOptions } from "./block-context.ts";
import type { DownBlockResult } from "./down-block.ts";
import { kGroups } from "./norm-groups.ts";

/**
 * Residual blocks with norms that the timestep scales and shifts, then a halving of the image through a filter unless
 * `isLast`; diffusers' `KDownBlock2D`. The halved image is not among those for the way up.
 */
export function kDownBlock(
  context: BlockContext,
  value: GraphValue,
  scope: WeightScope,
  options: BlockOptions,
): DownBlockResult {
  const { builder, config, time } = context;
  const { outChannels, isLast } = options;
  const skips: GraphValue[] = [];
  let hidden = value;
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    hidden = resnetBlockCondNorm(builder, hidden, time, scope.child(`resnets.${layer}`), {
      outChannels,
      groups: kGroups(imageShape(hidden).channels),
      groupsOut: kGroups(outChannels),
      epsilon: config.normEps,
      activation: config.actFn,
    });
    skips.push(hidden);
  }
  return { value: isLast ? hidden : kDownsample2D(builder, hidden), skips };
}
