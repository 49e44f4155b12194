import { cast, type Scope, silu, type Value } from "@onestep/graph";
import { convolutionLayer, groupNormLayer } from "./modules.ts";

/** Options of {@link outputProjection}. */
export interface OutputProjectionOptions {
  /** The names of the norm and the convolution within the scope. */
  readonly names: { readonly norm: string; readonly convolution: string };
  readonly outChannels: number;
  readonly groups: number;
  readonly epsilon: number;
}

/**
 * A norm, SiLU and a 3×3 convolution to a model's prediction, or a part of it. Always in float32: there are only a few
 * channels, and no later layer can recover lost precision.
 */
export function outputProjection(value: Value, scope: Scope, options: OutputProjectionOptions): Value {
  const { names, outChannels, groups, epsilon } = options;
  const image = cast(value, "float32");
  const normalised = scope.within(names.norm, (norm) => groupNormLayer(image, norm, { groups, epsilon }));
  return convolutionLayer(silu(normalised), scope.child(names.convolution), { outChannels, kernelSize: 3 });
}
