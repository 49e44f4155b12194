import { type ResizeOptions, resizeTensor, Tensor } from "@onestep/core";

/**
 * How to resize an image to the model's size, named as in diffusers' image processors:
 *
 * - `"default"`: stretches it to the model's size.
 * - `"crop"`: scales it to cover the model's size and crops the centre.
 * - `"fill"`: scales it to fit, and pads it by repeating its edge pixels.
 *
 * Scaling is bicubic with antialiasing; see `resizeTensor`. Images of the model's size are unchanged.
 */
export type ResizeMode = "default" | "crop" | "fill";

/**
 * Resizes images; see {@link ResizeMode}. Offsets and lengths are rounded down as in diffusers' `image_processor.py`.
 *
 * @param images - [batch, channels, height, width], 0 to 1. Bicubic overshoot is clamped.
 */
export function fitImages(
  images: Tensor<"float32">,
  size: ResizeOptions,
  mode: ResizeMode,
): Tensor<"float32"> {
  const [, , height = 0, width = 0] = images.shape;
  if (height === size.height && width === size.width) return images;
  if (mode === "default") return resizeTensor(images, size).clamp(0, 1);
  const isWider = width * size.height > height * size.width;
  const keepsHeight = isWider === (mode === "crop");
  const scaled = {
    height: keepsHeight ? size.height : Math.max(1, Math.floor((height * size.width) / width)),
    width: keepsHeight ? Math.max(1, Math.floor((width * size.height) / height)) : size.width,
  };
  return placeInMiddle(resizeTensor(images, scaled).clamp(0, 1), size);
}

/** Crops to a size, and pads by repeating the edge pixels. */
function placeInMiddle(images: Tensor<"float32">, size: ResizeOptions): Tensor<"float32"> {
  const [batchSize = 0, channels = 0, height = 0, width = 0] = images.shape;
  const placed = Tensor.zeros([batchSize, channels, size.height, size.width]);
  const top = Math.floor(size.height / 2) - Math.floor(height / 2);
  const left = Math.floor(size.width / 2) - Math.floor(width / 2);
  for (let index = 0; index < placed.size; index += 1) {
    const plane = Math.floor(index / (size.height * size.width));
    const row = within((Math.floor(index / size.width) % size.height) - top, height);
    const column = within((index % size.width) - left, width);
    placed.data[index] = images.data[(plane * height + row) * width + column] ?? 0;
  }
  return placed;
}

function within(position: number, length: number): number {
  return Math.min(length - 1, Math.max(0, position));
}
