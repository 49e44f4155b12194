import {
  type ConvolutionOptions,
  conv2d,
  groupNorm,
  imageShape,
  layerNorm,
  linear,
  type Scope,
  type Value,
  type ValueDType,
} from "@onestep/graph";

/** Options of {@link convolutionLayer}. */
export interface ConvolutionLayerOptions extends ConvolutionOptions {
  readonly outChannels: number;
  readonly kernelSize: 1 | 3;
  /** Whether to add a bias; true by default. */
  readonly bias?: boolean;
}

/** A square convolution with its weights, as `torch.nn.Conv2d`. Padding preserves the size at stride 1. */
export function convolutionLayer(value: Value, scope: Scope, options: ConvolutionLayerOptions): Value {
  const { outChannels, kernelSize, bias = true, ...convolutionOptions } = options;
  const { channels } = imageShape(value);
  const weight = scope.matrix("weight", [outChannels, channels, kernelSize, kernelSize], value.dtype);
  const edge = (kernelSize - 1) / 2;
  return conv2d(value, weight, bias ? scope.vector("bias", [outChannels], value.dtype) : undefined, {
    padding: [edge, edge, edge, edge],
    ...convolutionOptions,
  });
}

/**
 * A linear layer with its weights, as `torch.nn.Linear`: [..., in width] to [..., out width].
 *
 * @param options.bias - Whether to add a bias; true by default.
 */
export function linearLayer(
  value: Value,
  scope: Scope,
  outWidth: number,
  { bias = true }: { readonly bias?: boolean } = {},
): Value {
  const inWidth = value.shape.at(-1) as number;
  const weight = scope.matrix("weight", [outWidth, inWidth], value.dtype);
  return linear(value, weight, bias ? scope.vector("bias", [outWidth], value.dtype) : undefined);
}

/** Options of {@link groupNormLayer}. */
export interface GroupNormLayerOptions {
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** A group norm with its weights, as `torch.nn.GroupNorm`. */
export function groupNormLayer(value: Value, scope: Scope, options: GroupNormLayerOptions): Value {
  return groupNorm(value, { ...options, ...groupNormWeights(value, scope) });
}

/** A layer norm over the last dimension with its weights, as `torch.nn.LayerNorm`, in float32 throughout. */
export function layerNormLayer(value: Value, scope: Scope, epsilon: number): Value {
  const shape = [value.shape.at(-1) as number];
  const dtype: ValueDType = "float32";
  return layerNorm(value, {
    epsilon,
    weight: scope.vector("weight", shape, dtype),
    bias: scope.vector("bias", shape, dtype),
  });
}

/** Weight and bias of a group norm, [channels], in float32 like its statistics. */
export function groupNormWeights(
  value: Value,
  scope: Scope,
): { readonly weight: Value; readonly bias: Value } {
  const { channels } = imageShape(value);
  const dtype: ValueDType = "float32";
  return { weight: scope.vector("weight", [channels], dtype), bias: scope.vector("bias", [channels], dtype) };
}
