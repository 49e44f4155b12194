import { RasterImage } from "@onestep/core";

/** The filter radius. */
const radius = 3;
/** The precision of the integer weights in bits, as in Pillow. */
const precisionBits = 22;

/**
 * Resizes an 8-bit image with an antialiased Lanczos filter in integer arithmetic, byte for byte like Pillow's
 * `Image.resize(size, LANCZOS)` (`libImaging/Resample.c`).
 */
export function resizeLanczos(
  image: RasterImage,
  size: { readonly height: number; readonly width: number },
): RasterImage {
  const { channels } = image;
  const wide = resample(image.data, { lines: image.height, from: image.width, to: size.width, channels });
  const turned = transpose(wide, image.height, size.width, channels);
  const tall = resample(turned, { lines: size.width, from: image.height, to: size.height, channels });
  const data = transpose(tall, size.width, size.height, channels);
  return new RasterImage({ data, width: size.width, height: size.height, channels });
}

interface Lines {
  readonly lines: number;
  readonly from: number;
  readonly to: number;
  readonly channels: number;
}

function resample(source: Uint8Array, { lines, from, to, channels }: Lines): Uint8Array {
  if (from === to) return source;
  const result = new Uint8Array(lines * to * channels);
  const contributions = listContributions(from, to);
  for (let line = 0; line < lines; line += 1) {
    for (const [position, { first, weights }] of contributions.entries()) {
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 2 ** (precisionBits - 1);
        for (const [index, weight] of weights.entries()) {
          sum += weight * (source[(line * from + first + index) * channels + channel] as number);
        }
        const value = Math.floor(sum / 2 ** precisionBits);
        result[(line * to + position) * channels + channel] = Math.min(255, Math.max(0, value));
      }
    }
  }
  return result;
}

function listContributions(
  from: number,
  to: number,
): readonly { readonly first: number; readonly weights: readonly number[] }[] {
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = radius * filterScale;
  return Array.from({ length: to }, (_, position) => {
    const center = (position + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const raw = Array.from({ length: end - first }, (_unused, index) =>
      lanczos((index + first - center + 0.5) / filterScale),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    const weights = raw.map((weight) => {
      const scaled = (weight / total) * 2 ** precisionBits;
      return scaled < 0 ? Math.trunc(scaled - 0.5) : Math.trunc(scaled + 0.5);
    });
    return { first, weights };
  });
}

function lanczos(distance: number): number {
  return Math.abs(distance) < radius ? sinc(distance) * sinc(distance / radius) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function transpose(source: Uint8Array, rows: number, columns: number, channels: number): Uint8Array {
  const result = new Uint8Array(source.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        result[(column * rows + row) * channels + channel] = source[
          (row * columns + column) * channels + channel
        ] as number;
      }
    }
  }
  return result;
}
