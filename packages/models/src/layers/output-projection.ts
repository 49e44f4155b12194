import { cast, type Scope, silu, type Value } from "@onestep/graph";
import { convolutionLayer, groupNormLayer } from "./modules.ts";

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
export function outputProjection(value: Value, scope: Scope, options: OutputProjectionOptions): Value {
  const { names, outChannels, groups, epsilon } = options;
  const image = cast(value, "float32");
  const normalised = scope.within(names.norm, (norm) => groupNormLayer(image, norm, { groups, epsilon }));
  return convolutionLayer(silu(normalised), scope.child(names.convolution), { outChannels, kernelSize: 3 });
}
