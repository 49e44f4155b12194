import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { type ConvolutionOptions, convolution, imageShape } from "../graph/operators/spatial.ts";
import type { WeightScope } from "./weight-scope.ts";

/** A square convolution with its weights, as `torch.nn.Conv2d`. Padded so that a stride of 1 keeps the size. */
export function convolutionLayer(
  builder: GraphBuilder,
  value: GraphValue,
  scope: WeightScope,
  options: ConvolutionOptions & { readonly outChannels: number; readonly kernelSize: 1 | 3 },
): GraphValue {
  const { outChannels, kernelSize, ...convolutionOptions } = options;
  const { channels } = imageShape(value);
  const weight = scope.take("weight", value.elementType, [outChannels, channels, kernelSize, kernelSize]);
  const bias = scope.take("bias", value.elementType, [outChannels]);
  const edge = (kernelSize - 1) / 2;
  return convolution(builder, value, weight, bias, {
    padding: [edge, edge, edge, edge],
    ...convolutionOptions,
  });
}
