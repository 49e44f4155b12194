import {
  type ActivationName,
  activate,
  add,
  avgPool2d,
  cast,
  chunk,
  constant,
  div,
  groupNorm,
  imageShape,
  mul,
  reshape,
  type Scope,
  scalarLike,
  upsampleNearest2d,
  type Value,
} from "@onestep/graph";
import {
  convolutionLayer,
  type GroupNormLayerOptions,
  groupNormLayer,
  groupNormWeights,
  linearLayer,
} from "./modules.ts";
import { firDownsample2D, firUpsample2D } from "./resampling.ts";

/** Downsampling or upsampling: mean and nearest, or filtered. */
export type Resample = "down" | "up" | "fir_down" | "fir_up";

/** Options of {@link resnetBlock}. */
export interface ResnetBlockOptions {
  readonly outChannels: number;
  /** Groups of the first norm. */
  readonly groups: number;
  /** Groups of the second norm; those of the first by default. */
  readonly groupsOut?: number | undefined;
  readonly epsilon: number;
  /** The activation after both norms. */
  readonly activation: ActivationName;
  /** How the timestep enters: added after the first convolution, or as scale and shift of the second norm. */
  readonly timeScaleShift: "default" | "scale_shift";
  /** Downsamples or upsamples both branches before the first convolution. */
  readonly resample?: Resample | undefined;
  /** Whether the residual has a 1×1 convolution; by default, if the number of channels changes. */
  readonly useInShortcut?: boolean | undefined;
  /** Divisor of the sum of both branches; 1 by default. */
  readonly outputScaleFactor?: number | undefined;
}

/**
 * A residual block, with or without timestep conditioning; diffusers' `ResnetBlock2D` (`models/resnet.py`).
 *
 * @param activatedTime - The time embedding after the block's activation, [batch, width]; none in an autoencoder.
 */
export function resnetBlock(
  value: Value,
  activatedTime: Value | undefined,
  scope: Scope,
  options: ResnetBlockOptions,
): Value {
  const { outChannels, groups, groupsOut = groups, epsilon, activation, timeScaleShift } = options;
  const { channels } = imageShape(value);
  const { outputScaleFactor = 1, useInShortcut = channels !== outChannels } = options;
  const resample = resamplers[options.resample ?? "none"];
  const normalised = scope.within("norm1", (norm) => groupNormLayer(value, norm, { groups, epsilon }));
  let hidden = resample(activate(normalised, activation));
  let residual = resample(value);
  hidden = convolutionLayer(hidden, scope.child("conv1"), { outChannels, kernelSize: 3 });

  const isModulated = timeScaleShift === "scale_shift";
  const timeWidth = isModulated ? 2 * outChannels : outChannels;
  const time =
    activatedTime && perChannel(linearLayer(activatedTime, scope.child("time_emb_proj"), timeWidth));
  const norm2 = { groups: groupsOut, epsilon };
  hidden = scope.within("norm2", (norm) => {
    if (time === undefined) return groupNormLayer(hidden, norm, norm2);
    return isModulated
      ? modulatedNorm(hidden, time, norm, norm2)
      : groupNormLayer(add(hidden, time), norm, norm2);
  });
  hidden = convolutionLayer(activate(hidden, activation), scope.child("conv2"), {
    outChannels,
    kernelSize: 3,
  });

  if (useInShortcut) {
    residual = convolutionLayer(residual, scope.child("conv_shortcut"), { outChannels, kernelSize: 1 });
  }
  const sum = add(residual, hidden);
  return outputScaleFactor === 1 ? sum : div(sum, scalarLike(sum, outputScaleFactor));
}

/**
 * `norm(x) · (1 + scale) + shift`, with scale and shift from the timestep, [batch, 2 · channels, 1, 1]. They are folded into
 * the norm's own weights, so that the image is traversed only once.
 */
export function modulatedNorm(
  value: Value,
  time: Value,
  scope: Scope,
  options: GroupNormLayerOptions,
): Value {
  const weights = groupNormWeights(value, scope);
  const [weight, bias] = [weights.weight, weights.bias].map((vector) =>
    reshape(vector, [...vector.shape, 1, 1]),
  );
  const [scale, shift] = chunk(time, 1, 2).map((part) => cast(part, "float32"));
  const factor = add(scale as Value, constant([1]));
  return groupNorm(value, {
    ...options,
    weight: mul(weight as Value, factor),
    bias: add(mul(bias as Value, factor), shift as Value),
  });
}

/** Options of {@link resnetBlockCondNorm}. */
export interface ResnetBlockCondNormOptions {
  readonly outChannels: number;
  /** Groups of the first norm. */
  readonly groups: number;
  /** Groups of the second norm. */
  readonly groupsOut: number;
  readonly epsilon: number;
  readonly activation: ActivationName;
}

/**
 * A residual block with norms scaled and shifted by the timestep; diffusers' `ResnetBlockCondNorm2D` with `ada_group`, as in
 * k-diffusion's blocks: the shortcut convolution has no bias.
 *
 * @param time - The time embedding, [batch, width], before any activation.
 */
export function resnetBlockCondNorm(
  value: Value,
  time: Value,
  scope: Scope,
  options: ResnetBlockCondNormOptions,
): Value {
  const { outChannels, groups, groupsOut, epsilon, activation } = options;
  const kernelSize = 3;
  const norm = (image: Value, name: string, count: number): Value =>
    scope.within(name, (part) => adaGroupNorm(image, time, part, { groups: count, epsilon }));
  let hidden = activate(norm(value, "norm1", groups), activation);
  hidden = convolutionLayer(hidden, scope.child("conv1"), { outChannels, kernelSize });
  hidden = activate(norm(hidden, "norm2", groupsOut), activation);
  hidden = convolutionLayer(hidden, scope.child("conv2"), { outChannels, kernelSize });
  if (imageShape(value).channels === outChannels) return add(value, hidden);
  const shortcut = { outChannels, kernelSize: 1, bias: false } as const;
  return add(convolutionLayer(value, scope.child("conv_shortcut"), shortcut), hidden);
}

/**
 * A group norm without weights of its own, scaled and shifted by the timestep; diffusers' `AdaGroupNorm`
 * (`models/normalization.py`).
 *
 * @param time - The time embedding, [batch, width], before any activation.
 */
export function adaGroupNorm(value: Value, time: Value, scope: Scope, options: GroupNormLayerOptions): Value {
  const { channels } = imageShape(value);
  const projected = linearLayer(time, scope.child("linear"), 2 * channels);
  const [scale, shift] = chunk(cast(perChannel(projected), "float32"), 1, 2);
  return groupNorm(value, { ...options, weight: add(scale as Value, constant([1])), bias: shift as Value });
}

/** Reshapes [batch, channels] to broadcast over an image: [batch, channels, 1, 1]. */
function perChannel(vector: Value): Value {
  return reshape(vector, [...vector.shape, 1, 1]);
}

const resamplers: Readonly<Record<Resample | "none", (value: Value) => Value>> = {
  none: (value) => value,
  down: (value) => avgPool2d(value, 2),
  up: (value) => upsampleNearest2d(value, 2),
  fir_down: firDownsample2D,
  fir_up: firUpsample2D,
};
