import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { imageShape, nearestUpsample2x } from "../graph/operators/spatial.ts";
import { convolutionLayer } from "./convolution-layer.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Each pixel four times, then a 3×3 convolution; diffusers' `Upsample2D` (`models/upsampling.py`). */
export function upsample2D(builder: GraphBuilder, value: GraphValue, scope: WeightScope): GraphValue {
  return convolutionLayer(builder, nearestUpsample2x(builder, value), scope.child("conv"), {
    outChannels: imageShape(value).channels,
    kernelSize: 3,
  });
}
