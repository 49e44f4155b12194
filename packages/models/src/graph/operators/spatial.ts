import type { GraphBuilder } from "../graph-builder.ts";
import { GraphError } from "../graph-error.ts";
import { describeShape, type GraphValue } from "../graph-value.ts";
import { requireOneType } from "./require-one-type.ts";

/** Options of {@link convolution}. */
export interface ConvolutionOptions {
  /** Step in both directions; 1 by default. */
  readonly stride?: number;
  /** Zeros added at top, left, bottom, right; none by default. */
  readonly padding?: readonly [top: number, left: number, bottom: number, right: number];
  /** Parts of the channels that do not see each other; 1 by default. As many as channels: each by itself. */
  readonly groups?: number;
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

/** 2-D convolution. `weight` is [out channels, in channels / groups, height, width]; without `bias` there is none. */
export function convolution(
  builder: GraphBuilder,
  value: GraphValue,
  weight: GraphValue,
  bias: GraphValue | undefined,
  options: ConvolutionOptions = {},
): GraphValue {
  const { batch, channels, height, width } = imageShape(value);
  const [outChannels, inChannels, kernelHeight, kernelWidth] = weight.shape as readonly number[];
  const { stride = 1, padding = [0, 0, 0, 0], groups = 1 } = options;
  if (
    outChannels === undefined ||
    kernelHeight === undefined ||
    kernelWidth === undefined ||
    inChannels !== channels / groups
  ) {
    throw weightMismatch(weight, value, `[out channels, ${channels / groups}, kernel height, kernel width]`);
  }
  const inputs = bias === undefined ? [value, weight] : [value, weight, bias];
  requireOneType("Conv", inputs);
  const outHeight = Math.floor((height + padding[0] + padding[2] - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + padding[1] + padding[3] - kernelWidth) / stride) + 1;
  return builder.node(
    "Conv",
    inputs,
    {
      integers: {
        kernel_shape: [kernelHeight, kernelWidth],
        strides: [stride, stride],
        pads: padding,
        ...(groups === 1 ? {} : { group: groups }),
      },
    },
    { elementType: value.elementType, shape: [batch, outChannels, outHeight, outWidth] },
  );
}

/**
 * The transpose of a convolution of each channel by itself, without bias; a stride of 2 doubles height and width.
 * `weight` is [channels, 1, height, width].
 */
export function depthwiseTransposedConvolution(
  builder: GraphBuilder,
  value: GraphValue,
  weight: GraphValue,
  options: Required<Pick<ConvolutionOptions, "stride" | "padding">>,
): GraphValue {
  const { batch, channels, height, width } = imageShape(value);
  const [inChannels, perGroup, kernelHeight, kernelWidth] = weight.shape as readonly number[];
  const { stride, padding } = options;
  if (kernelHeight === undefined || kernelWidth === undefined || inChannels !== channels || perGroup !== 1) {
    throw weightMismatch(weight, value, `[${channels}, 1, kernel height, kernel width]`);
  }
  requireOneType("ConvTranspose", [value, weight]);
  const outHeight = (height - 1) * stride + kernelHeight - padding[0] - padding[2];
  const outWidth = (width - 1) * stride + kernelWidth - padding[1] - padding[3];
  return builder.node(
    "ConvTranspose",
    [value, weight],
    {
      integers: {
        kernel_shape: [kernelHeight, kernelWidth],
        strides: [stride, stride],
        pads: padding,
        group: channels,
      },
    },
    { elementType: value.elementType, shape: [batch, channels, outHeight, outWidth] },
  );
}

/** The image with so many more pixels at each edge, mirrored there; the pixels of the edge are not repeated. */
export function reflectPad(builder: GraphBuilder, value: GraphValue, width: number): GraphValue {
  const image = imageShape(value);
  if (image.height <= width || image.width <= width) {
    throw new GraphError({
      subject: `Pad of ${value.name}`,
      found: describeShape(value.shape),
      expected: `an image of at least ${width + 1}×${width + 1} pixels, to mirror ${width} of them`,
      remedy: "The configuration of the model contradicts itself.",
    });
  }
  return builder.node(
    "Pad",
    [value, builder.integers([0, 0, width, width, 0, 0, width, width])],
    { strings: { mode: "reflect" } },
    {
      elementType: value.elementType,
      shape: [image.batch, image.channels, image.height + 2 * width, image.width + 2 * width],
    },
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

function weightMismatch(weight: GraphValue, value: GraphValue, expected: string): GraphError {
  return new GraphError({
    subject: weight.name,
    found: `${describeShape(weight.shape)} for an input of ${describeShape(value.shape)}`,
    expected,
    remedy: "The configuration of the model contradicts itself.",
  });
}
