import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { imageShape } from "../graph/operators/spatial.ts";
import { convolutionLayer } from "./convolution-layer.ts";
import type { WeightScope } from "./weight-scope.ts";

/**
 * Halves height and width with a 3×3 convolution of stride 2; diffusers' `Downsample2D` (`models/downsampling.py`).
 *
 * @param padding - 1 pads all edges; 0 pads right and bottom only, as the models of the DDPM family were trained.
 */
export function downsample2D(
  builder: GraphBuilder,
  value: GraphValue,
  scope: WeightScope,
  padding: number,
): GraphValue {
  return convolutionLayer(builder, value, scope.child("conv"), {
    outChannels: imageShape(value).channels,
    kernelSize: 3,
    stride: 2,
    padding: padding === 0 ? [0, 0, 1, 1] : [padding, padding, padding, padding],
  });
}
