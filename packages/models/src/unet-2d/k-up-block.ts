import type { GraphValue } from "../graph/graph-value.ts";
import { concatenate } from "../graph/operators/shaping.ts";
import { imageShape } from "../graph/operators/spatial.ts";
import { kUpsample2D } from "../layers/fir-resampling.ts";
import { resnetBlockCondNorm } from "../layers/resnet-block-cond-norm.ts";
import type { WeightScope } from "../layers/weight-scope.ts";
import type { BlockContext, BlockOptions } from "./block-context.ts";
import { kGroups } from "./norm-groups.ts";

/**
 * Residual blocks with norms that the timestep scales and shifts, the first over the image and the last one from the way
 * down, then a doubling of the image through a filter unless `isLast`; diffusers' `KUpBlock2D`.
 *
 * @param skip - The last image of the block's counterpart on the way down.
 * @param nextChannels - Channels of the block above, which the last residual block makes.
 */
export function kUpBlock(
  context: BlockContext,
  value: GraphValue,
  skip: GraphValue,
  scope: WeightScope,
  options: BlockOptions & { readonly nextChannels: number },
): GraphValue {
  const { builder, config, time } = context;
  const { outChannels, nextChannels, isLast } = options;
  let hidden = concatenate(builder, [value, skip], 1);
  for (let layer = 0; layer < config.layersPerBlock; layer += 1) {
    const isLastLayer = layer === config.layersPerBlock - 1;
    hidden = resnetBlockCondNorm(builder, hidden, time, scope.child(`resnets.${layer}`), {
      outChannels: isLastLayer ? nextChannels : outChannels,
      groups: kGroups(imageShape(hidden).channels),
      groupsOut: kGroups(outChannels),
      epsilon: config.normEps,
      activation: config.actFn,
    });
  }
  return isLast ? hidden : kUpsample2D(builder, hidden);
}
