import { invalidValue } from "../http/api-error.ts";
import type { ImageBody } from "./image-body.ts";
import type { ModelCard } from "./model-card.ts";

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The size of the images of a request: `512x512`, with `*` or `×` too, `auto`, or `width` and `height`.
 *
 * @param maximumPixels - The most pixels that the service makes.
 * @returns undefined for `auto`.
 * @throws ApiError 400 with the rule and the nearest size if the model cannot make it.
 */
export function readSize(
  { size, width, height }: Pick<ImageBody, "size" | "width" | "height">,
  card: ModelCard,
  maximumPixels: number,
): Size | undefined {
  const named = parseSize(size);
  const pair = width === undefined && height === undefined ? undefined : pairOf(card, width, height);
  if (named !== undefined && pair !== undefined && !isSame(named, pair)) {
    throw invalidValue("size", "`size` differs from `width` and `height`. Send one of them.");
  }
  const asked = named ?? pair;
  if (asked === undefined) return undefined;
  const nearest = nearestSize(asked, card, maximumPixels);
  if (isSame(asked, nearest)) return asked;
  throw invalidValue(
    "size",
    `${card.name} cannot make images of ${asked.width}x${asked.height}: ${describeRule(card, maximumPixels)}. The nearest size is ${nearest.width}x${nearest.height}; the default is ${card.size.width}x${card.size.height}.`,
  );
}

function parseSize(size: string): Size | undefined {
  if (size === "auto") return undefined;
  const match = /^\s*(\d{1,5})\s*[x*×X]\s*(\d{1,5})\s*$/.exec(size);
  if (match === null) {
    throw invalidValue("size", '`size`: expected "auto", or width and height as "512x512".');
  }
  return { width: Number(match[1]), height: Number(match[2]) };
}

function pairOf(card: ModelCard, width: number | undefined, height: number | undefined): Size {
  return { width: width ?? card.size.width, height: height ?? card.size.height };
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

function nearestSize({ width, height }: Size, { size }: ModelCard, maximumPixels: number): Size {
  const { multiple } = size;
  if (multiple === undefined) return { width: size.width, height: size.height };
  const shrink = Math.min(1, Math.sqrt(maximumPixels / Math.max(1, width * height)));
  const roundLength = (length: number): number => {
    const wanted = length * shrink;
    const rounded = shrink < 1 ? Math.floor(wanted / multiple) : Math.round(wanted / multiple);
    return Math.max(1, rounded) * multiple;
  };
  return { width: roundLength(width), height: roundLength(height) };
}

function describeRule({ size }: ModelCard, maximumPixels: number): string {
  if (size.multiple === undefined) return `its images are ${size.width}x${size.height}`;
  return `width and height must be multiples of ${size.multiple}, and the image at most ${maximumPixels} pixels`;
}
