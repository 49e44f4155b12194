import { RasterImage, resizeTensor, type Tensor } from "onestep";
import type { FitRequest, Frame } from "./messages.ts";

/** Converts a finished image to a frame. */
export function frameOfImage(image: RasterImage): Frame {
  const { width, height, data } = image.toImageData();
  return { width, height, rgba: new Uint8ClampedArray(data) };
}

/** Converts a frame to an image. */
export function imageOfFrame({ width, height, rgba }: Frame): RasterImage {
  return RasterImage.fromImageData({ width, height, data: rgba });
}

/** Fits a picture to a size: scales it to cover the size, then crops both sides equally. */
export function fitFrame({ picture, width, height }: FitRequest): Frame {
  if (picture.width === width && picture.height === height) return picture;
  const scale = Math.max(width / picture.width, height / picture.height);
  const scaled = {
    width: Math.max(width, Math.round(picture.width * scale)),
    height: Math.max(height, Math.round(picture.height * scale)),
  };
  const pixels = resizeTensor(imageOfFrame(picture).toTensor(), scaled).clamp(0, 1);
  const left = Math.floor((scaled.width - width) / 2);
  const top = Math.floor((scaled.height - height) / 2);
  const area = scaled.width * scaled.height;
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const row = top + Math.floor(pixel / width);
    const from = row * scaled.width + left + (pixel % width);
    for (let channel = 0; channel < 3; channel += 1) {
      rgba[4 * pixel + channel] = 255 * (pixels.data[channel * area + from] ?? 0);
    }
  }
  return { width, height, rgba };
}

/**
 * Frames of an intermediate sample [batch, channels, height, width]. While it is noisy, its values far exceed the range
 * of an image, so each frame is scaled by its own maximum for display.
 */
export function framesOfSample(sample: Tensor<"float32">): readonly Frame[] {
  const [batchSize = 0, channels = 0, height = 0, width = 0] = sample.shape;
  const area = width * height;
  return Array.from({ length: batchSize }, (_, index) => {
    const values = sample.data.subarray(index * channels * area, (index + 1) * channels * area);
    const scale = 127.5 / Math.max(1, 0.6 * largestMagnitude(values));
    const rgba = new Uint8ClampedArray(4 * area).fill(255);
    for (let pixel = 0; pixel < area; pixel += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        const value = values[Math.min(channel, channels - 1) * area + pixel] ?? 0;
        rgba[4 * pixel + channel] = 127.5 + value * scale;
      }
    }
    return { width, height, rgba };
  });
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
