import { describeValue } from "../config/describe-value.ts";
import { ImageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { RasterImage } from "./raster-image.ts";

/**
 * The images of a batch, as diffusers' `numpy_to_pil` makes them (utils/pil_utils.py): `x · 255` in float32, rounded to
 * the nearest integer, half to even.
 *
 * @param tensor - float32 of shape [batch, channels, height, width] with 1 to 4 channels (grey, grey with alpha, RGB,
 *   RGBA), values in [0, 1].
 * @throws ImageError if the shape or type differs, or a value is not in [0, 1]. NaN from a model is therefore an error,
 *   not a black image.
 *
 * @example
 * const images = imagesFromTensor(new TorchGenerator(0).rand([4, 3, 32, 32]));
 * await images[0]?.save("noise.png");
 */
export function imagesFromTensor(tensor: Tensor<"float32">): RasterImage[] {
  return Array.from({ length: checkBatch("imagesFromTensor", tensor).batchSize }, (_, item) =>
    imageFromTensor(tensor, item),
  );
}

/**
 * One image of a batch, as {@link imagesFromTensor} makes them.
 *
 * @param item - The index of the image, from 0.
 * @throws ImageError if there is no such item, or as for {@link imagesFromTensor}.
 *
 * @example
 * const image = imageFromTensor(new TorchGenerator(0).rand([4, 3, 32, 32]), 2);
 */
export function imageFromTensor(tensor: Tensor<"float32">, item: number): RasterImage {
  const { batchSize, channels, height, width } = checkBatch("imageFromTensor", tensor);
  if (!Number.isInteger(item) || item < 0 || item >= batchSize) {
    throw new ImageError({
      subject: "imageFromTensor",
      found: `item ${describeValue(item)}`,
      expected: `a whole number from 0 and below ${batchSize}, the size of the batch`,
      remedy: "Count from 0.",
    });
  }
  const area = height * width;
  // A clamped array rounds half to even, as numpy does.
  const rounded = new Uint8ClampedArray(area * channels);
  const start = item * area * channels;
  let index = 0;
  for (let pixel = 0; pixel < area; pixel += 1) {
    for (let position = pixel; position < area * channels; position += area) {
      const value = tensor.data[start + position] ?? 0;
      if (!(value >= 0 && value <= 1)) throw outOfRange(value, item, position, area, width);
      rounded[index] = Math.fround(value * 255);
      index += 1;
    }
  }
  return new RasterImage({ width, height, channels, data: new Uint8Array(rounded.buffer) });
}

interface Batch {
  readonly batchSize: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly height: number;
  readonly width: number;
}

function checkBatch(subject: string, tensor: Tensor<"float32">): Batch {
  const [batchSize = 0, found, height = 0, width = 0] = tensor.shape;
  const channels = ([1, 2, 3, 4] as const).find((count) => count === found);
  const isBatch = tensor.dtype === "float32" && tensor.shape.length === 4;
  if (isBatch && channels !== undefined && height > 0 && width > 0) {
    return { batchSize, channels, height, width };
  }
  throw new ImageError({
    subject,
    found: tensor.describe(),
    expected: "float32 [batch, channels, height, width] with 1 to 4 channels",
    remedy: "Pass the output of an image model, scaled to [0, 1].",
  });
}

function outOfRange(value: number, item: number, position: number, area: number, width: number): ImageError {
  const channel = Math.floor(position / area);
  const row = Math.floor((position % area) / width);
  return new ImageError({
    subject: `image ${item}`,
    found: `${value} in channel ${channel} at row ${row}, column ${position % width}`,
    expected: "values from 0 to 1",
    remedy: Number.isNaN(value)
      ? "The model's output is not a number: check that its weights are complete and of the right precision."
      : "Scale and clamp the values first.",
  });
}
