import type { Pixels } from "./pixels.ts";

/** A filter: how far it reaches, and the weight of a pixel at a distance. */
interface Filter {
  readonly radius: number;
  weight(distance: number): number;
}

/** The filters by name. */
export type PillowFilter = "lanczos" | "bicubic";

const filters: Readonly<Record<PillowFilter, Filter>> = {
  lanczos: { radius: 3, weight: (distance) => sinc(distance) * sinc(distance / 3) },
  bicubic: {
    radius: 2,
    weight(distance) {
      const x = Math.abs(distance);
      return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : -0.5 * (((x - 5) * x + 8) * x - 4);
    },
  },
};

/** The precision of the integer weights in bits, as in Pillow. */
const precisionBits = 22;

/**
 * Resizes an 8-bit image with an antialiased filter in integer arithmetic, byte for byte like Pillow's
 * `Image.resize(size, LANCZOS)`, or `BICUBIC` (`libImaging/Resample.c`).
 */
export function resizeAsPillow(
  image: Pixels,
  size: { readonly height: number; readonly width: number },
  filterName: PillowFilter = "lanczos",
): Pixels {
  const { channels } = image;
  const filter = filters[filterName];
  const common = { channels, filter };
  const wide = resample(image.data, { lines: image.height, from: image.width, to: size.width, ...common });
  const turned = transpose(wide, image.height, size.width, channels);
  const tall = resample(turned, { lines: size.width, from: image.height, to: size.height, ...common });
  const data = transpose(tall, size.width, size.height, channels);
  return { data, width: size.width, height: size.height, channels };
}

interface Lines {
  readonly lines: number;
  readonly from: number;
  readonly to: number;
  readonly channels: number;
  readonly filter: Filter;
}

function resample(source: Uint8Array, { lines, from, to, channels, filter }: Lines): Uint8Array {
  if (from === to) return source;
  const result = new Uint8Array(lines * to * channels);
  const contributions = listContributions(from, to, filter);
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
  { radius, weight: weightAt }: Filter,
): readonly { readonly first: number; readonly weights: readonly number[] }[] {
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = radius * filterScale;
  return Array.from({ length: to }, (_, position) => {
    const center = (position + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const raw = Array.from({ length: end - first }, (_unused, index) => {
      const distance = (index + first - center + 0.5) / filterScale;
      return Math.abs(distance) < radius ? weightAt(distance) : 0;
    });
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    const weights = raw.map((weight) => {
      const scaled = (weight / total) * 2 ** precisionBits;
      return scaled < 0 ? Math.trunc(scaled - 0.5) : Math.trunc(scaled + 0.5);
    });
    return { first, weights };
  });
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
