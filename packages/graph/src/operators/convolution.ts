import { type ConvolutionAttributes, createValue, type Value } from "../graph.ts";
import { type Dimension, product, quotient } from "../shape.ts";
import { imageShape, mismatch, requireOneDType, weightMismatch } from "./checks.ts";

/** Options of {@link conv2d} and {@link convTranspose2d}; by default stride 1, no padding, one group. */
export type ConvolutionOptions = Partial<ConvolutionAttributes>;

const defaults: ConvolutionAttributes = { stride: 1, padding: [0, 0, 0, 0], paddingMode: "zeros", groups: 1 };

/**
 * 2-D convolution, as `torch.nn.Conv2d`: `weight` is [out channels, in channels / groups, height, width], `bias` [out
 * channels] or absent. A symbolic height or width is assumed to be a multiple of the stride.
 *
 * @throws GraphError if shapes do not fit, or the image is too small for the padding or the kernel.
 */
export function conv2d(
  value: Value,
  weight: Value,
  bias: Value | undefined,
  options: ConvolutionOptions = {},
): Value {
  const { batch, channels, height, width } = imageShape(value);
  const attributes = { ...defaults, ...options };
  const { stride, padding, groups } = attributes;
  const [outChannels, inChannels, kernelHeight, kernelWidth] = weight.shape;
  if (
    typeof outChannels !== "number" ||
    typeof kernelHeight !== "number" ||
    typeof kernelWidth !== "number" ||
    inChannels !== channels / groups
  ) {
    throw weightMismatch("conv2d", weight, value, ["out channels", channels / groups, "height", "width"]);
  }
  checkReflection("conv2d", value, attributes);
  const dtype = requireOneDType("conv2d", [value, weight, bias]);
  const [top, left, bottom, right] = padding;
  const shape = [
    batch,
    outChannels,
    convolved("conv2d", value, height, top + bottom - kernelHeight, stride),
    convolved("conv2d", value, width, left + right - kernelWidth, stride),
  ];
  return createValue("conv2d", [value, weight, bias], attributes, { dtype, shape });
}

/**
 * A depthwise transposed convolution, as `torch.nn.ConvTranspose2d` with as many groups as channels and no bias: `weight` is
 * [channels, 1, height, width]. With `paddingMode: "reflect"`, the image is first padded by one mirrored pixel; `padding` is
 * cropped from the result either way.
 *
 * @throws GraphError if shapes do not fit.
 */
export function convTranspose2d(value: Value, weight: Value, options: ConvolutionOptions = {}): Value {
  const { batch, channels, height, width } = imageShape(value);
  const attributes = { ...defaults, ...options, groups: channels };
  const { stride, padding, paddingMode } = attributes;
  const [inChannels, perGroup, kernelHeight, kernelWidth] = weight.shape;
  if (
    typeof kernelHeight !== "number" ||
    typeof kernelWidth !== "number" ||
    inChannels !== channels ||
    perGroup !== 1
  ) {
    throw weightMismatch("convTranspose2d", weight, value, [channels, 1, "height", "width"]);
  }
  const mirrored = paddingMode === "reflect" ? 1 : 0;
  checkReflection("convTranspose2d", value, {
    paddingMode,
    padding: [mirrored, mirrored, mirrored, mirrored],
  });
  const dtype = requireOneDType("convTranspose2d", [value, weight]);
  const [top, left, bottom, right] = padding;
  const added = (2 * mirrored - 1) * stride;
  const shape = [
    batch,
    channels,
    transposed(value, height, added + kernelHeight - top - bottom, stride),
    transposed(value, width, added + kernelWidth - left - right, stride),
  ];
  return createValue("convTranspose2d", [value, weight], attributes, { dtype, shape });
}

/** Average pooling over `size` × `size` pixels; divides height and width by `size` (rounded down). */
export function avgPool2d(value: Value, size: number): Value {
  const { batch, channels, height, width } = imageShape(value);
  const shape = [
    batch,
    channels,
    convolved("avgPool2d", value, height, -size, size),
    convolved("avgPool2d", value, width, -size, size),
  ];
  return createValue("avgPool2d", [value], { size }, { dtype: value.dtype, shape });
}

/** Repeats each pixel `scale` × `scale` times. */
export function upsampleNearest2d(value: Value, scale: number): Value {
  const { batch, channels, height, width } = imageShape(value);
  const shape = [batch, channels, product([height, scale]), product([width, scale])];
  return createValue("upsampleNearest2d", [value], { scale }, { dtype: value.dtype, shape });
}

/**
 * Resizes an image to the nearest source pixels, `floor(index · from / to)`; as `torch.nn.functional.interpolate` with
 * `mode="nearest"`.
 *
 * @throws GraphError unless both sizes are numbers.
 */
export function resizeNearest2d(value: Value, size: readonly [height: Dimension, width: Dimension]): Value {
  const { batch, channels, height, width } = imageShape(value);
  if ([height, width, ...size].some((length) => typeof length !== "number")) {
    throw mismatch("resizeNearest2d", [value], "a height and a width in numbers");
  }
  const shape = [batch, channels, ...size];
  return createValue("resizeNearest2d", [value], {}, { dtype: value.dtype, shape });
}

/** @param added - Padding at both ends minus the kernel length. */
function convolved(
  operator: string,
  image: Value,
  length: Dimension,
  added: number,
  stride: number,
): Dimension {
  if (typeof length === "number") {
    const result = Math.floor((length + added) / stride) + 1;
    if (result >= 1) return result;
    throw mismatch(operator, [image], `an image of at least ${-added} pixels in both directions`);
  }
  // floor((n + added) / stride) + 1 is n / stride for every multiple n of the stride, if it is for 0.
  if (Math.floor(added / stride) === -1) return quotient(length, stride);
  const expected = `padding such that the stride divides height and width: stride ${stride}`;
  throw mismatch(operator, [image], expected);
}

/** @param added - The result's length minus `length` · `stride`. */
function transposed(image: Value, length: Dimension, added: number, stride: number): Dimension {
  if (typeof length === "number") return length * stride + added;
  if (added === 0) return product([length, stride]);
  throw mismatch(
    "convTranspose2d",
    [image],
    `padding such that height and width are multiplied by the stride: stride ${stride}`,
  );
}

function checkReflection(
  operator: string,
  value: Value,
  { paddingMode, padding }: Pick<ConvolutionAttributes, "paddingMode" | "padding">,
): void {
  if (paddingMode === "zeros") return;
  const { height, width } = imageShape(value);
  const [top, left, bottom, right] = padding;
  const fits = (length: Dimension, ...mirrored: number[]): boolean =>
    typeof length === "string" || length > Math.max(...mirrored);
  if (fits(height, top, bottom) && fits(width, left, right)) return;
  const least = Math.max(...padding) + 1;
  throw mismatch(
    operator,
    [value],
    `an image of at least ${least}×${least} pixels, to mirror ${least - 1} of them at each edge`,
  );
}
