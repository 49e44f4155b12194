import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImageError, UnsupportedError } from "../../errors.ts";
import { inflatedLength, parsePngHeader } from "./png-header.ts";

function header(width: number, height: number, ...rest: number[]): Uint8Array {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set(rest, 8);
  return bytes;
}

describe("parsePngHeader", () => {
  it("reads size, depth and colour type", () => {
    expect(parsePngHeader(header(640, 480, 16, 6, 0, 0, 1), 2 ** 26)).toEqual({
      width: 640,
      height: 480,
      depth: 16,
      colorType: "rgb-alpha",
      samples: 4,
      interlaced: true,
    });
  });

  it.each<[string, Uint8Array, string]>([
    ["a wrong length", new Uint8Array(12), "PNG: found an IHDR of 12 bytes, expected 13 bytes."],
    ["no width", header(0, 5, 8, 2, 0, 0, 0), "PNG: found a size of 0 x 5, expected at least one pixel."],
    [
      "a size beyond the limit",
      header(2 ** 31, 2 ** 31, 8, 2, 0, 0, 0),
      "PNG: found 2147483648 x 2147483648 pixels, expected at most 67108864 pixels. Make the image smaller, or raise `maxPixels`",
    ],
    ["3 bits", header(1, 1, 3, 0, 0, 0, 0), "found colour type 0 with 3 bits"],
    ["RGB of 4 bits", header(1, 1, 4, 2, 0, 0, 0), "found colour type 2 with 4 bits"],
    ["colour type 5", header(1, 1, 8, 5, 0, 0, 0), "found colour type 5 with 8 bits"],
    [
      "another compression",
      header(1, 1, 8, 2, 1, 0, 0),
      "found methods 1, 0, 0 for compression, filter and interlace",
    ],
    ["another interlacing", header(1, 1, 8, 2, 0, 0, 2), "found methods 0, 0, 2"],
  ])("refuses %s", (_name, content, message) => {
    expect(() => parsePngHeader(content, 2 ** 26)).toThrow(ImageError);
    expect(() => parsePngHeader(content, 2 ** 26)).toThrow(message);
  });

  it("refuses interlaced pixels of less than a byte", () => {
    const parse = () => parsePngHeader(header(8, 8, 4, 0, 0, 0, 1), 2 ** 26);
    expect(parse).toThrow(UnsupportedError);
    expect(parse).toThrow(
      "PNG: found an interlaced image with 4 bits a sample, expected at least 8 bits where interlaced. Save the image",
    );
  });
});

describe("inflatedLength", () => {
  it("counts a filter byte for each row", () => {
    expect(inflatedLength(parsePngHeader(header(5, 3, 8, 2, 0, 0, 0), 99))).toBe(3 * (1 + 15));
    expect(inflatedLength(parsePngHeader(header(9, 2, 1, 0, 0, 0, 0), 99))).toBe(2 * (1 + 2));
  });

  it("counts every pixel of an interlaced image once, and its rows of at most seven passes", () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const length = inflatedLength(parsePngHeader(header(width, height, 8, 0, 0, 0, 1), 1600));
        const rows = length - width * height;
        expect(rows).toBeGreaterThanOrEqual(height);
        expect(rows).toBeLessThanOrEqual(2 * height + 7);
      }),
    );
  });
});
