import type { GraphElementType } from "../graph/element-type.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { castTo } from "../graph/operators/elementwise.ts";
import { expand } from "../graph/operators/shaping.ts";
import {
  convolution,
  depthwiseTransposedConvolution,
  imageShape,
  reflectPad,
} from "../graph/operators/spatial.ts";

/** The taps of the filter in one direction. */
const taps = [1, 3, 3, 1];
const tapSum = 8;
const resampling = { stride: 2, padding: [1, 1, 1, 1] } as const;

/**
 * Halves height and width through the filter (1, 3, 3, 1) / 8 in both directions, with zeros around the image; diffusers'
 * `FirDownsample2D` and `downsample_2d` (`models/downsampling.py`; Karras et al., 2020).
 */
export function firDownsample2D(builder: GraphBuilder, value: GraphValue): GraphValue {
  const { channels } = imageShape(value);
  const kernel = firKernel(builder, value.elementType, channels, tapSum);
  return convolution(builder, value, kernel, undefined, { ...resampling, groups: channels });
}

/**
 * Doubles height and width through the filter (1, 3, 3, 1) / 4 in both directions, with zeros around the image; diffusers'
 * `FirUpsample2D` and `upsample_2d` (`models/upsampling.py`). There the pixels are spread with zeros between them, and
 * the filter goes over that; a transposed convolution is the same without the zeros.
 */
export function firUpsample2D(builder: GraphBuilder, value: GraphValue): GraphValue {
  const { channels } = imageShape(value);
  const kernel = firKernel(builder, value.elementType, channels, tapSum / 2);
  return depthwiseTransposedConvolution(builder, value, kernel, resampling);
}

/** {@link firDownsample2D} with the image mirrored at its edges; diffusers' `KDownsample2D`. */
export function kDownsample2D(builder: GraphBuilder, value: GraphValue): GraphValue {
  const { channels } = imageShape(value);
  const kernel = firKernel(builder, value.elementType, channels, tapSum);
  const padded = reflectPad(builder, value, 1);
  return convolution(builder, padded, kernel, undefined, { stride: 2, groups: channels });
}

/** {@link firUpsample2D} with the image mirrored at its edges; diffusers' `KUpsample2D`. */
export function kUpsample2D(builder: GraphBuilder, value: GraphValue): GraphValue {
  const { channels } = imageShape(value);
  const kernel = firKernel(builder, value.elementType, channels, tapSum / 2);
  const padded = reflectPad(builder, value, 1);
  return depthwiseTransposedConvolution(builder, padded, kernel, { stride: 2, padding: [3, 3, 3, 3] });
}

/** One copy of the filter for each channel, made when the session starts: the graph holds sixteen numbers. */
function firKernel(
  builder: GraphBuilder,
  elementType: GraphElementType,
  channels: number,
  divisor: number,
): GraphValue {
  const values = taps.flatMap((row) => taps.map((column) => (row * column) / divisor ** 2));
  const filter = castTo(builder, builder.floats(values, [1, 1, 4, 4]), elementType);
  return expand(builder, filter, [channels, 1, 4, 4]);
}
