import type { GraphBuilder } from "../graph-builder.ts";
import { GraphError } from "../graph-error.ts";
import { describeShape, type GraphValue } from "../graph-value.ts";

/** Options of {@link convolution}. */
export interface ConvolutionOptions {
  /** Step in both directions; 1 by default. */
  readonly stride?: number;
  /** Zeros added at top, left, bottom, right; none by default. */
  readonly padding?: readonly [top: number, left: number, bottom: number, right: number];
}

/** Batch, channels, height and width of an image-shaped value. */
export function imageShape(value: GraphValue): {
  readonly batch: number | string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
} {
  const [batch, channels, height, width] = value.shape;
  if (
    value.shape.length !== 4 ||
    batch === undefined ||
    typeof channels !== "number" ||
    typeof height !== "number" ||
    typeof width !== "number"
  ) {
    throw new GraphError({
      subject: value.name,
      found: describeShape(value.shape),
      expected: "[batch, channels, height, width]",
      remedy: "Reshape it to an image first.",
    });
  }
  return { batch, channels, height, width };
}

/** 2-D convolution. `weight` is [out channels, in channels, height, width]. */
export function convolution(
  builder: GraphBuilder,
  value: GraphValue,
  weight: GraphValue,
  bias: GraphValue,
  options: ConvolutionOptions = {},
): GraphValue {
  const { batch, channels, height, width } = imageShape(value);
  const [outChannels, inChannels, kernelHeight, kernelWidth] = weight.shape as readonly number[];
  const { stride = 1, padding = [0, 0, 0, 0] } = options;
  if (
    outChannels === undefined ||
    kernelHeight === undefined ||
    kernelWidth === undefined ||
    inChannels !== channels
  ) {
    throw new GraphError({
      subject: weight.name,
      found: `${describeShape(weight.shape)} for an input of ${describeShape(value.shape)}`,
      expected: `[out channels, ${channels}, kernel height, kernel width]`,
      remedy: "The configuration of the model contradicts itself.",
    });
  }
  const outHeight = Math.floor((height + padding[0] + padding[2] - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + padding[1] + padding[3] - kernelWidth) / stride) + 1;
  return builder.node(
    "Conv",
    [value, weight, bias],
    { integers: { kernel_shape: [kernelHeight, kernelWidth], strides: [stride, stride], pads: padding } },
    { elementType: value.elementType, shape: [batch, outChannels, outHeight, outWidth] },
  );
}

/** Mean over 2×2 pixels, halving height and width. */
export function averagePool2x2(builder: GraphBuilder, value: GraphValue): GraphValue {
  const { batch, channels, height, width } = imageShape(value);
  return builder.node(
    "AveragePool",
    [value],
    { integers: { kernel_shape: [2, 2], strides: [2, 2] } },
    {
      elementType: value.elementType,
      shape: [batch, channels, Math.floor(height / 2), Math.floor(width / 2)],
    },
  );
}

/** Each pixel four times, doubling height and width. */
export function nearestUpsample2x(builder: GraphBuilder, value: GraphValue): GraphValue {
  const { batch, channels, height, width } = imageShape(value);
  const scales = builder.floats([1, 1, 2, 2]);
  return builder.node(
    "Resize",
    [value, { name: "", elementType: "float32", shape: [] }, scales],
    { strings: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" } },
    { elementType: value.elementType, shape: [batch, channels, height * 2, width * 2] },
  );
}
