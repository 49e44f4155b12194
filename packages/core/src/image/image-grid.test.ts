import { describe, expect, it } from "vitest";
import { ImageError, InvalidArgumentError } from "../errors.ts";
import { makeImageGrid } from "./image-grid.ts";
import type { Pixels } from "./pixels.ts";

function grey(...data: number[]): Pixels {
  return { width: 1, height: data.length, channels: 1, data: Uint8Array.from(data) };
}

describe("makeImageGrid", () => {
  it("puts images row by row", () => {
    const grid = makeImageGrid([grey(1, 2), grey(3, 4), grey(5, 6), grey(7, 8)], { columns: 2 });
    expect(grid).toEqual({ width: 2, height: 4, channels: 1, data: Uint8Array.of(1, 3, 2, 4, 5, 7, 6, 8) });
  });

  it("leaves the background where the last row ends early, and between the images", () => {
    const grid = makeImageGrid([grey(1), grey(2), grey(3)], {
      columns: 2,
      padding: 1,
      background: [9, 9, 9],
    });
    expect(grid).toEqual({
      width: 3,
      height: 3,
      channels: 1,
      data: Uint8Array.of(1, 9, 2, 9, 9, 9, 3, 9, 9),
    });
  });

  it("is no wider than its images", () => {
    expect(makeImageGrid([grey(1)], { columns: 5 })).toMatchObject({ width: 1, height: 1 });
  });

  it("becomes RGB where an image or the background is", () => {
    const color: Pixels = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) };
    expect([...makeImageGrid([grey(7), color], { columns: 2 }).data]).toEqual([7, 7, 7, 1, 2, 3]);
    const onBlue = makeImageGrid([grey(7), grey(8)], { columns: 2, padding: 1, background: [0, 0, 255] });
    expect([...onBlue.data]).toEqual([7, 7, 7, 0, 0, 255, 8, 8, 8]);
  });

  it("refuses images of different sizes and says which", () => {
    const make = () => makeImageGrid([grey(1), grey(1), grey(1, 2)], { columns: 2 });
    expect(make).toThrow(ImageError);
    expect(make).toThrow(
      "RasterImage.grid needs images of one size: the first has 1 x 1 pixels, number 2 has 1 x 2.",
    );
  });

  it.each<[Parameters<typeof makeImageGrid>, string]>([
    [[[], { columns: 2 }], "RasterImage.grid needs at least one image."],
    [
      [[grey(1)], { columns: 0 }],
      "RasterImage.grid: columns: found 0, expected a whole number of at least 1.",
    ],
    [[[grey(1)], { columns: 1.5 }], "RasterImage.grid: columns: found 1.5"],
    [
      [[grey(1)], { columns: 1, padding: -1 }],
      "RasterImage.grid: padding: found -1, expected a whole number from 0",
    ],
    [[[grey(1)], { columns: 1, background: [0, 256, 0] }], "RasterImage.grid: background: found 256"],
  ])("refuses %j", ([images, options], message) => {
    expect(() => makeImageGrid(images, options)).toThrow(InvalidArgumentError);
    expect(() => makeImageGrid(images, options)).toThrow(message);
  });
});

it("has opacity where an image has, and is opaque elsewhere", () => {
  const grey = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7) } as const;
  const greyAlpha = { width: 1, height: 1, channels: 2, data: Uint8Array.of(8, 100) } as const;
  const color = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) } as const;
  const grid = (images: Parameters<typeof makeImageGrid>[0], background?: [number, number, number]) => {
    const { channels, data } = makeImageGrid(images, { columns: 2, background });
    return [channels, [...data]];
  };
  expect(grid([grey, greyAlpha])).toEqual([2, [7, 255, 8, 100]]);
  expect(grid([greyAlpha, color, grey])).toEqual([
    4,
    [8, 8, 8, 100, 1, 2, 3, 255, 7, 7, 7, 255, 0, 0, 0, 255],
  ]);
  expect(grid([greyAlpha, grey, grey], [9, 9, 0]).at(0)).toBe(4);
});
