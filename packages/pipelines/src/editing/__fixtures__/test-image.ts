import { RasterImage, TorchGenerator } from "@onestep/core";

/** An image of random pixels. */
export function testImage(width: number, height: number, channels: 1 | 3 = 3, seed = 0): RasterImage {
  const { data } = new TorchGenerator(seed).randint(0, 256, [width * height * channels]);
  return new RasterImage({ width, height, channels, data: Uint8Array.from(data, Number) });
}
