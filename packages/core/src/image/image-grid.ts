import { describeValue } from "../config/describe-value.ts";
import { ImageError, InvalidArgumentError } from "../errors.ts";
import { allocateData } from "../tensor/tensor-data.ts";
import type { Pixels } from "./pixels.ts";

/** Options of {@link RasterImage.grid}. */
export interface ImageGridOptions {
  /** Images per row. */
  readonly columns: number;
  /** Pixels between images; 0 by default. There is no outer border. */
  readonly padding?: number | undefined;
  /** Background colour between images and after a short last row: red, green, blue, 0 to 255; black by default. */
  readonly background?: readonly [red: number, green: number, blue: number] | undefined;
}

/**
 * Puts images of one size side by side, row by row, like diffusers' `make_image_grid`. The result is greyscale if all
 * images and the background are, and has an alpha channel if any image does; the background is opaque.
 *
 * @throws InvalidArgumentError if there is no image, or an option is out of range.
 * @throws ImageError if the images differ in size.
 */
export function makeImageGrid(images: readonly Pixels[], options: ImageGridOptions): Pixels {
  const { columns, padding = 0, background = [0, 0, 0] } = options;
  requireWhole("columns", columns, 1, Number.MAX_SAFE_INTEGER);
  requireWhole("padding", padding, 0, 65535);
  for (const value of background) requireWhole("background", value, 0, 255);
  const { width, height } = requireOneSize(images);
  const acrossCount = Math.min(columns, images.length);
  const downCount = Math.ceil(images.length / columns);
  const gridWidth = acrossCount * width + (acrossCount - 1) * padding;
  const gridHeight = downCount * height + (downCount - 1) * padding;
  const [red, green, blue] = background;
  const isGrey = red === green && green === blue && images.every((image) => image.channels < 3);
  const isOpaque = images.every((image) => image.channels % 2 === 1);
  const channels = isGrey ? (isOpaque ? 1 : 2) : isOpaque ? 3 : 4;
  const data = allocateData("uint8", gridWidth * gridHeight * channels);
  const fill = isGrey ? [red, 255] : [red, green, blue, 255];
  for (let index = 0; index < data.length; index += 1) data[index] = fill[index % channels] ?? 0;
  images.forEach((image, index) => {
    const left = (index % columns) * (width + padding);
    const top = Math.floor(index / columns) * (height + padding);
    for (let row = 0; row < height; row += 1) {
      const line = image.data.subarray(row * width * image.channels, (row + 1) * width * image.channels);
      const start = ((top + row) * gridWidth + left) * channels;
      data.set(image.channels === channels ? line : convertLine(line, image.channels, channels), start);
    }
  });
  return { width: gridWidth, height: gridHeight, channels, data };
}

function requireOneSize(images: readonly Pixels[]): Pixels {
  const [first] = images;
  if (first === undefined) {
    throw new InvalidArgumentError({
      subject: "RasterImage.grid",
      found: "no image",
      expected: "at least one",
      remedy: "Pass the images to put side by side.",
      summary: "RasterImage.grid needs at least one image.",
    });
  }
  const other = images.findIndex((image) => image.width !== first.width || image.height !== first.height);
  const odd = images[other];
  if (odd === undefined) return first;
  throw new ImageError({
    subject: "RasterImage.grid",
    found: `${first.width} x ${first.height} and, as number ${other}, ${odd.width} x ${odd.height} pixels`,
    expected: "images of one size",
    remedy: "Pass images that one model made, or resize them first.",
    summary: `RasterImage.grid needs images of one size: the first has ${first.width} x ${first.height} pixels, number ${other} has ${odd.width} x ${odd.height}.`,
  });
}

function requireWhole(name: string, value: number, lowest: number, highest: number): void {
  if (Number.isSafeInteger(value) && value >= lowest && value <= highest) return;
  throw new InvalidArgumentError({
    subject: `RasterImage.grid: ${name}`,
    found: describeValue(value),
    expected:
      highest === Number.MAX_SAFE_INTEGER
        ? `a whole number of at least ${lowest}`
        : `a whole number from ${lowest} to ${highest}`,
    remedy: "Correct the option.",
  });
}

/** Pixels converted to colour with alpha: grey is repeated; without an alpha channel, pixels are opaque. */
function convertLine(line: Uint8Array, from: Pixels["channels"], to: Pixels["channels"]): Uint8Array {
  return Uint8Array.from({ length: (line.length / from) * to }, (_, index) => {
    const pixel = Math.floor(index / to) * from;
    const channel = index % to;
    const isAlpha = to % 2 === 0 && channel === to - 1;
    if (isAlpha) return from % 2 === 0 ? (line[pixel + from - 1] ?? 0) : 255;
    return line[pixel + (from < 3 ? 0 : channel)] ?? 0;
  });
}
