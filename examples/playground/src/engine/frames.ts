import type { RasterImage, Tensor } from "onestep";
import type { Frame } from "./messages.ts";

/** A finished image as a frame. */
export function frameOfImage(image: RasterImage): Frame {
  const { width, height, data } = image.toImageData();
  return { width, height, rgba: new Uint8ClampedArray(data) };
}

/**
 * Frames of a sample on its way, [batch, channels, height, width]. While there is noise left its values reach far beyond
 * those of an image, so each is scaled by its own reach, to be looked at.
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
