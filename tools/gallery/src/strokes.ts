import { RasterImage } from "@onestep/core";

type Color = readonly [red: number, green: number, blue: number];

/** What a rough painting has at a place, from -1 to 1 in both directions; nothing where it is white. */
type Painting = (x: number, y: number) => Color | undefined;

const red: Color = [215, 45, 40];
const green: Color = [90, 150, 50];
const yellow: Color = [250, 200, 50];
const brown: Color = [130, 80, 40];
const blue: Color = [60, 120, 210];

/** A few strokes for a few classes. */
const paintings: readonly (readonly [classLabel: number, painting: Painting])[] = [
  [
    0,
    (x, y) => (Math.hypot(x, y) > 0.9 ? undefined : y > 0.3 && y < 0.5 && Math.abs(x) < 0.5 ? brown : yellow),
  ],
  [
    1,
    (x, y) =>
      Math.hypot(Math.abs(x) - 0.4, y + 0.25) < 0.45 || (y > -0.3 && y + Math.abs(x) < 0.8) ? red : undefined,
  ],
  [4, (x, y) => (Math.hypot(x, y - 0.1) < 0.75 ? red : Math.hypot(x, y + 0.8) < 0.2 ? green : undefined)],
  [5, (x, y) => (Math.abs(x) > 0.9 || Math.abs(y) > 0.7 ? undefined : Math.abs(y) < 0.2 ? brown : yellow)],
  [6, (x, y) => (Math.hypot(x, y + 0.4) < 0.45 ? red : Math.abs(x) < 0.1 && y > 0 ? green : undefined)],
  [6, (x, y) => (Math.hypot(x, y + 0.2) < 0.7 ? green : Math.abs(x) < 0.15 && y > 0 ? brown : undefined)],
  [7, (x, y) => (Math.hypot(x, y) > 0.9 ? undefined : Math.hypot(x, y) > 0.7 ? blue : [240, 240, 240])],
  [
    8,
    (x, y) =>
      Math.abs(y) > 0.6 || Math.abs(x) > 0.95 ? undefined : x < -0.3 ? blue : x > 0.3 ? red : [245, 245, 245],
  ],
  [9, (x, y) => (Math.hypot(x, y) < 0.6 ? yellow : undefined)],
  [3, (x, y) => (Math.hypot(x, y / 0.6) < 0.9 ? blue : undefined)],
];

/** Rough paintings, and the class of each. */
export function paintStrokes(): {
  readonly images: readonly RasterImage[];
  readonly classLabels: readonly number[];
} {
  return {
    classLabels: paintings.map(([classLabel]) => classLabel),
    images: paintings.map(([, painting]) => {
      const data = Uint8Array.from({ length: 3072 }, (_, index) => {
        const pixel = Math.floor(index / 3);
        const color = painting((pixel % 32) / 15.5 - 1, Math.floor(pixel / 32) / 15.5 - 1) ?? [255, 255, 255];
        return color[index % 3] ?? 255;
      });
      return new RasterImage({ width: 32, height: 32, channels: 3, data });
    }),
  };
}
