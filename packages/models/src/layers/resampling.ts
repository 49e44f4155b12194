import {
  cast,
  constant,
  conv2d,
  convTranspose2d,
  type Dimension,
  expand,
  imageShape,
  resizeNearest2d,
  type Scope,
  upsampleNearest2d,
  type Value,
  type ValueDType,
} from "@onestep/graph";
import { convolutionLayer } from "./modules.ts";

/**
 * Halves height and width with a stride-2 3×3 convolution; diffusers' `Downsample2D` (`models/downsampling.py`).
 *
 * @param padding - 1 pads all edges; 0 pads right and bottom only, as in models of the DDPM family.
 */
export function downsample2D(value: Value, scope: Scope, padding: number): Value {
  return convolutionLayer(value, scope.child("conv"), {
    outChannels: imageShape(value).channels,
    kernelSize: 3,
    stride: 2,
    padding: padding === 0 ? [0, 0, 1, 1] : [padding, padding, padding, padding],
  });
}

/**
 * Doubles height and width (nearest neighbour), then a 3×3 convolution; diffusers' `Upsample2D` (`models/upsampling.py`).
 *
 * @param size - Target height and width, instead of doubling.
 */
export function upsample2D(value: Value, scope: Scope, size?: readonly [Dimension, Dimension]): Value {
  const larger = size === undefined ? upsampleNearest2d(value, 2) : resizeNearest2d(value, size);
  return convolutionLayer(larger, scope.child("conv"), {
    outChannels: imageShape(value).channels,
    kernelSize: 3,
  });
}

/** The 1-D filter taps. */
const taps = [1, 3, 3, 1];
const tapSum = 8;
const resampling = { stride: 2, padding: [1, 1, 1, 1] } as const;

/**
 * Halves height and width with the filter (1, 3, 3, 1) / 8 in both directions, with zero padding; diffusers'
 * `FirDownsample2D` and `downsample_2d` (`models/downsampling.py`; Karras et al., 2020).
 */
export function firDownsample2D(value: Value): Value {
  const { channels } = imageShape(value);
  const kernel = firKernel(value.dtype, channels, tapSum);
  return conv2d(value, kernel, undefined, { ...resampling, groups: channels });
}

/**
 * Doubles height and width with the filter (1, 3, 3, 1) / 4 in both directions, with zero padding; diffusers'
 * `FirUpsample2D` and `upsample_2d` (`models/upsampling.py`). diffusers inserts zeros between pixels, then
 * filters; a transposed convolution is equivalent, without the zeros.
 */
export function firUpsample2D(value: Value): Value {
  return convTranspose2d(value, firKernel(value.dtype, imageShape(value).channels, tapSum / 2), resampling);
}

/** {@link firDownsample2D} with reflection padding; diffusers' `KDownsample2D`. */
export function kDownsample2D(value: Value): Value {
  const { channels } = imageShape(value);
  const kernel = firKernel(value.dtype, channels, tapSum);
  return conv2d(value, kernel, undefined, { ...resampling, paddingMode: "reflect", groups: channels });
}

/** {@link firUpsample2D} with reflection padding; diffusers' `KUpsample2D`. */
export function kUpsample2D(value: Value): Value {
  const kernel = firKernel(value.dtype, imageShape(value).channels, tapSum / 2);
  return convTranspose2d(value, kernel, { stride: 2, padding: [3, 3, 3, 3], paddingMode: "reflect" });
}

/** One copy of the filter per channel, created when the session starts: the graph holds sixteen numbers. */
function firKernel(dtype: ValueDType, channels: number, divisor: number): Value {
  const values = taps.flatMap((row) => taps.map((column) => (row * column) / divisor ** 2));
  return expand(cast(constant(values, [1, 1, 4, 4]), dtype), [channels, 1, 4, 4]);
}
