import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { silu } from "../graph/operators/activations.ts";
import { linearLayer } from "./linear-layer.ts";
import type { WeightScope } from "./weight-scope.ts";

/** Two linear layers with a SiLU between them, over a projected timestep; diffusers' `TimestepEmbedding`. */
export function timestepEmbedding(
  builder: GraphBuilder,
  projected: GraphValue,
  scope: WeightScope,
  width: number,
): GraphValue {
  const hidden = silu(builder, linearLayer(builder, projected, scope.child("linear_1"), width));
  return linearLayer(builder, hidden, scope.child("linear_2"), width);
}
