import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { linear } from "../graph/operators/matrix.ts";
import type { WeightScope } from "./weight-scope.ts";

/** A linear layer with its weights, as `torch.nn.Linear`: [batch, in width] to [batch, out width]. */
export function linearLayer(
  builder: GraphBuilder,
  value: GraphValue,
  scope: WeightScope,
  outWidth: number,
): GraphValue {
  const inWidth = value.shape[1] as number;
  const weight = scope.take("weight", value.elementType, [outWidth, inWidth]);
  return linear(builder, value, weight, scope.take("bias", value.elementType, [outWidth]));
}
