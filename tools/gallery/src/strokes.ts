import { RasterImage } from "@onestep/core";

type Color = readonly [red: number, green: number, blue: number];

/** What a rough painting has at a place, from -1 to 1 in both directions; nothing where it is white. */
type Painting = (x: number, y: number) => Color | undefined;

const red: Color = [215, 45, 40];
const green: Color = [90, 150, 50];
const yellow: Color = [250, 200, 50];
const brown: Color = [130, 80, 40];
const blue: Color = [60, 120, 210];
const pink: Color = [240, 150, 170];
const orange: Color = [240, 130, 40];

/** A few strokes, by the name of what they stand for. */
const paintings: Readonly<Record<string, Painting>> = {
  "grinning face": (x, y) =>
    Math.hypot(x, y) > 0.9 ? undefined : y > 0.2 && y < 0.5 && Math.abs(x) < 0.5 ? brown : yellow,
  "red heart": (x, y) =>
    Math.hypot(Math.abs(x) - 0.4, y + 0.25) < 0.45 || (y > -0.3 && y + Math.abs(x) < 0.8) ? red : undefined,
  "red apple": (x, y) =>
    Math.hypot(x, y - 0.1) < 0.75 ? red : Math.hypot(x - 0.1, y + 0.8) < 0.2 ? green : undefined,
  hamburger: (x, y) =>
    Math.abs(x) > 0.9 || Math.abs(y) > 0.7 ? undefined : Math.abs(y) < 0.2 ? brown : orange,
  tulip: (x, y) => (Math.hypot(x, y + 0.4) < 0.45 ? pink : Math.abs(x) < 0.1 && y > 0 ? green : undefined),
  cactus: (x, y) =>
    Math.abs(x) < 0.25 ||
    (Math.abs(x) < 0.8 && Math.abs(y) < 0.15) ||
    (Math.abs(x) > 0.6 && Math.abs(x) < 0.8 && y < 0 && y > -0.5)
      ? green
      : undefined,
  lemon: (x, y) => (Math.hypot(x, y / 0.75) < 0.85 ? yellow : undefined),
  doughnut: (x, y) => (Math.hypot(x, y) < 0.9 && Math.hypot(x, y) > 0.3 ? brown : undefined),
  frog: (x, y) =>
    Math.hypot(x, (y - 0.15) / 0.8) < 0.9 || Math.hypot(Math.abs(x) - 0.5, y + 0.65) < 0.25
      ? green
      : undefined,
  butterfly: (x, y) =>
    Math.abs(x) < 0.08
      ? brown
      : Math.hypot(Math.abs(x) - 0.5, (Math.abs(y) - 0.35) / 0.9) < 0.45
        ? blue
        : undefined,
};

/** Rough paintings, and the class of each. */
export function paintStrokes(): {
  readonly images: readonly RasterImage[];
  readonly classLabels: readonly string[];
} {
  return {
    classLabels: Object.keys(paintings),
    images: Object.values(paintings).map((painting) => {
      const data = Uint8Array.from({ length: 3072 }, (_, index) => {
        const pixel = Math.floor(index / 3);
        const color = painting((pixel % 32) / 15.5 - 1, Math.floor(pixel / 32) / 15.5 - 1) ?? [255, 255, 255];
        return color[index % 3] ?? 255;
      });
      return new RasterImage({ width: 32, height: 32, channels: 3, data });
    }),
  };
}
