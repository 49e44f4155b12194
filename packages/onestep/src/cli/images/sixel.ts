import type { RasterImage } from "@onestep/core";

/** Levels of each of red, green and blue: 216 colours, fewer than the 256 that terminals have at least. */
const levels = 6;

/** Rows that one line of sixels has. */
const bandRows = 6;

/**
 * A picture in DEC's sixel format, in 216 fixed colours (VT330/VT340 Programmer Reference Manual, chapter 14): bands of
 * six rows, and in each band the pixels of one colour after the other.
 */
export function encodeSixel(picture: RasterImage): string {
  const { width, height } = picture;
  const colors = Uint8Array.from({ length: width * height }, (_, pixel) => colorOf(picture, pixel));
  const used = [...new Set(colors)].sort((left, right) => left - right);
  const palette = used.map((color) => {
    const parts = [Math.floor(color / levels ** 2), Math.floor(color / levels) % levels, color % levels];
    return `#${color};2;${parts.map((part) => Math.round((part * 100) / (levels - 1))).join(";")}`;
  });
  const bands = Array.from({ length: Math.ceil(height / bandRows) }, (_, band) =>
    encodeBand(colors, { width, height, top: band * bandRows }),
  );
  return `\u001BPq"1;1;${width};${height}${palette.join("")}${bands.join("-")}\u001B\\`;
}

function colorOf({ channels, data }: RasterImage, pixel: number): number {
  const at = (channel: number): number => {
    const value = data[pixel * channels + (channels < 3 ? 0 : channel)] ?? 0;
    return Math.round((value * (levels - 1)) / 255);
  };
  return at(0) * levels ** 2 + at(1) * levels + at(2);
}

function encodeBand(
  colors: Uint8Array,
  { width, height, top }: { readonly width: number; readonly height: number; readonly top: number },
): string {
  const masks = new Map<number, Uint8Array>();
  for (let row = top; row < Math.min(height, top + bandRows); row += 1) {
    for (let column = 0; column < width; column += 1) {
      const color = colors[row * width + column] ?? 0;
      const mask = masks.get(color) ?? new Uint8Array(width);
      mask[column] = (mask[column] ?? 0) | (1 << (row - top));
      masks.set(color, mask);
    }
  }
  return [...masks].map(([color, mask]) => `#${color}${runLengths(mask)}`).join("$");
}

/** `!12~` for twelve times `~`; shorter runs as they are. */
function runLengths(mask: Uint8Array): string {
  const text = String.fromCharCode(...Array.from(mask, (bits) => bits + 63));
  return text.replaceAll(/(.)\1{3,}/g, (run, character: string) => `!${run.length}${character}`);
}
