import { RasterImage } from "@onestep/core";

/** Peak signal-to-noise ratio in decibels between two sets of images, over the bytes that `isCounted` names. */
export function psnr(
  left: readonly RasterImage[],
  right: readonly RasterImage[],
  isCounted: (column: number, row: number) => boolean = () => true,
): number {
  let [sum, count] = [0, 0];
  left.forEach(({ data, width }, item) => {
    data.forEach((value, index) => {
      const pixel = Math.floor(index / 3);
      if (!isCounted(pixel % width, Math.floor(pixel / width))) return;
      sum += (value - (right[item]?.data[index] ?? 0)) ** 2;
      count += 1;
    });
  });
  return 10 * Math.log10(255 ** 2 / (sum / count));
}

/** The brightness of each pixel, 0 to 255, as colorization keeps it. */
export function brightness({ data }: RasterImage): number[] {
  return Array.from({ length: data.length / 3 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(3 * pixel, 3 * pixel + 3);
    return 0.2989 * red + 0.587 * green + 0.114 * blue;
  });
}

/** An image of the brightness of another. */
export function toGrey(image: RasterImage): RasterImage {
  const values = brightness(image).map(Math.round);
  const data = Uint8Array.from(
    { length: 3 * values.length },
    (_, index) => values[Math.floor(index / 3)] ?? 0,
  );
  return new RasterImage({ width: image.width, height: image.height, channels: 3, data });
}

/** An image of the averages of blocks. */
export function shrink({ data, width, height }: RasterImage, factor: number): RasterImage {
  const [columns, rows] = [width / factor, height / factor];
  const small = Uint8Array.from({ length: 3 * columns * rows }, (_, index) => {
    const pixel = Math.floor(index / 3);
    const [column, row] = [(pixel % columns) * factor, Math.floor(pixel / columns) * factor];
    let sum = 0;
    for (let place = 0; place < factor * factor; place += 1) {
      const position = (row + Math.floor(place / factor)) * width + column + (place % factor);
      sum += data[3 * position + (index % 3)] ?? 0;
    }
    return Math.round(sum / (factor * factor));
  });
  return new RasterImage({ width: columns, height: rows, channels: 3, data: small });
}

/** An image whose pixels are repeated, to be looked at. */
export function enlarge({ data, width, height, channels }: RasterImage, factor: number): RasterImage {
  const large = Uint8Array.from({ length: data.length * factor * factor }, (_, index) => {
    const pixel = Math.floor(index / channels);
    const column = Math.floor((pixel % (width * factor)) / factor);
    const row = Math.floor(Math.floor(pixel / (width * factor)) / factor);
    return data[channels * (row * width + column) + (index % channels)] ?? 0;
  });
  return new RasterImage({ width: width * factor, height: height * factor, channels, data: large });
}

/** The largest difference between two lists of numbers. */
export function largestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return Math.max(...Array.from(left, (value, index) => Math.abs(value - (right[index] ?? 0))));
}
