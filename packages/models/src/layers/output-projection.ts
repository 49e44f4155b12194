import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { silu } from "../graph/operators/activations.ts";
import { castTo } from "../graph/operators/elementwise.ts";
import { convolutionLayer } from "./convolution-layer.ts";
import { groupNorm } from "./group-norm.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Options of {@link outputProjection}. */
export interface OutputProjectionOptions {
  /** The name of the norm below the scope, and that of the convolution. */
  readonly names: { readonly norm: string; readonly convolution: string };
  readonly outChannels: number;
  readonly groups: number;
  readonly epsilon: number;
}

/**
 * A norm, SiLU and a 3×3 convolution to what a model predicts, or a part of it. In float32, whatever the type of the
 * image: it is a few channels, and nothing after it makes up for what is lost here.
 */
export function outputProjection(
  builder: GraphBuilder,
  value: GraphValue,
  scope: WeightScope,
  options: OutputProjectionOptions,
): GraphValue {
  const { names, outChannels, groups, epsilon } = options;
  const image = castTo(builder, value, "float32");
  const normalised = groupNorm(builder, image, scope.child(names.norm), { groups, epsilon });
  return convolutionLayer(builder, silu(builder, normalised), scope.child(names.convolution), {
    outChannels,
    kernelSize: 3,
  });
}
