import { describe, expect, it } from "vitest";
import { ImageError } from "../../errors.ts";
import { type PngSamples, toPixels } from "./png-colors.ts";
import type { PngColorType } from "./png-header.ts";

function png(
  colorType: PngColorType,
  depth: number,
  samples: number[],
  more: Partial<PngSamples> = {},
): PngSamples {
  const perPixel = { grey: 1, rgb: 3, palette: 1, "grey-alpha": 2, "rgb-alpha": 4 }[colorType];
  const header = {
    width: samples.length / perPixel,
    height: 1,
    depth,
    colorType,
    samples: perPixel,
    interlaced: false,
  };
  const array = depth === 16 ? Uint16Array.from(samples) : Uint8Array.from(samples);
  return { header, samples: array, palette: undefined, transparency: undefined, ...more };
}

describe("toPixels", () => {
  it("stretches few bits to the full range and keeps the upper 8 of 16", () => {
    expect([...toPixels(png("grey", 1, [0, 1])).data]).toEqual([0, 255]);
    expect([...toPixels(png("grey", 2, [0, 1, 2, 3])).data]).toEqual([0, 85, 170, 255]);
    expect([...toPixels(png("grey", 4, [0, 1, 15])).data]).toEqual([0, 17, 255]);
    expect([...toPixels(png("grey", 16, [0x12ff, 0xffff])).data]).toEqual([0x12, 255]);
  });

  it("lays what is transparent on white", () => {
    expect([...toPixels(png("grey-alpha", 8, [100, 255, 100, 0, 0, 128])).data]).toEqual([100, 255, 127]);
    expect([...toPixels(png("rgb-alpha", 8, [10, 20, 30, 255, 10, 20, 30, 0])).data]).toEqual([
      10, 20, 30, 255, 255, 255,
    ]);
    const palette = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const indexed = png("palette", 8, [0, 1], { palette, transparency: Uint8Array.of(0) });
    expect([...toPixels(indexed).data]).toEqual([255, 255, 255, 4, 5, 6]);
  });

  it("clears the colour of tRNS where all of its samples match in full", () => {
    const transparency = Uint8Array.of(0x12, 0x34);
    expect([...toPixels(png("grey", 16, [0x1234, 0x1235], { transparency })).data]).toEqual([255, 0x12]);
    const color = Uint8Array.of(0, 1, 0, 2, 0, 3);
    expect([...toPixels(png("rgb", 8, [1, 2, 3, 1, 2, 4], { transparency: color })).data]).toEqual([
      255, 255, 255, 1, 2, 4,
    ]);
  });

  it.each<[string, PngSamples, string]>([
    [
      "no palette",
      png("palette", 8, [0]),
      "found a palette of 0 bytes, expected 1 to 256 colours of 3 bytes",
    ],
    ["half a colour", png("palette", 8, [0], { palette: new Uint8Array(4) }), "found a palette of 4 bytes"],
    [
      "a colour beyond the palette",
      png("palette", 8, [0, 2], { palette: new Uint8Array(6) }),
      "found colour 2 at pixel 1, expected at most 1",
    ],
    [
      "a short tRNS",
      png("rgb", 8, [1, 2, 3], { transparency: new Uint8Array(2) }),
      "found a tRNS of 2 bytes, expected 6",
    ],
  ])("refuses %s", (_name, samples, message) => {
    expect(() => toPixels(samples)).toThrow(ImageError);
    expect(() => toPixels(samples)).toThrow(message);
  });
});
