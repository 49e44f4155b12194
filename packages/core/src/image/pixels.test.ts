import { describe, expect, it } from "vitest";
import { ImageError } from "../errors.ts";
import { checkPixels, fromImageData, toImageData } from "./pixels.ts";

describe("checkPixels", () => {
  it("takes pixels that fit", () => {
    checkPixels({ width: 2, height: 1, channels: 3, data: new Uint8Array(6) });
  });

  it.each([
    [2, 1, 3, new Uint8Array(5), "image: found 5 bytes, expected a Uint8Array of 6 for 2 x 1 x 3."],
    [
      0,
      1,
      3,
      new Uint8Array(0),
      "image: found 0 x 1 pixels of 3 channels, expected at least one pixel, of 1 to 4",
    ],
    [1.5, 2, 1, new Uint8Array(3), "found 1.5 x 2 pixels"],
    [1, 1, 5, new Uint8Array(5), "found 1 x 1 pixels of 5 channels"],
    [1, 1, "3", new Uint8Array(3), 'found 1 x 1 pixels of "3" channels'],
    [1, 1, 1, new Float32Array(1), "found Float32Array, expected a Uint8Array of 1"],
    [1, 1, 1, undefined, "found Undefined, expected a Uint8Array of 1"],
  ])("refuses %d x %d x %d with %o", (width, height, channels, data, message) => {
    const check = () => checkPixels({ width, height, channels: channels as 3, data: data as Uint8Array });
    expect(check).toThrow(ImageError);
    expect(check).toThrow(message);
  });
});

describe("imageData", () => {
  it("is opaque RGBA, for colours and for grey", () => {
    const color = toImageData({ width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect([...color.data]).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
    expect([color.width, color.height, color.colorSpace]).toEqual([1, 2, "srgb"]);
    const grey = toImageData({ width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 8) });
    expect([...grey.data]).toEqual([7, 7, 7, 255, 8, 8, 8, 255]);
  });

  it("keeps opacity", () => {
    const color = toImageData({
      width: 2,
      height: 1,
      channels: 4,
      data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0),
    });
    expect([...color.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 0]);
    const grey = toImageData({ width: 2, height: 1, channels: 2, data: Uint8Array.of(7, 100, 8, 0) });
    expect([...grey.data]).toEqual([7, 7, 7, 100, 8, 8, 8, 0]);
  });

  it("is an ImageData where the platform has one", () => {
    const result = toImageData({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) });
    expect(typeof ImageData === "function" ? result instanceof ImageData : true).toBe(true);
  });

  it("comes back as RGB, what is transparent on white", () => {
    const data = Uint8ClampedArray.of(1, 2, 3, 255, 10, 20, 30, 0, 0, 100, 255, 128);
    const pixels = fromImageData({ width: 3, height: 1, data });
    // 100 at 128/255 on white: (100 · 128 + 255 · 127) / 255 = 177.2.
    expect(pixels).toEqual({
      width: 3,
      height: 1,
      channels: 3,
      data: Uint8Array.of(1, 2, 3, 255, 255, 255, 127, 177, 255),
    });
  });

  it.each([
    [{ width: 1, height: 1, data: new Uint8ClampedArray(3) }, "1 x 1 pixels in 3 bytes"],
    [{ width: 0, height: 1, data: new Uint8ClampedArray(0) }, "0 x 1 pixels in 0 bytes"],
    [{ width: 1.5, height: 2, data: new Uint8ClampedArray(12) }, "1.5 x 2 pixels in 12 bytes"],
    [{ width: 1, height: 1, data: [1, 2, 3, 4] as unknown as Uint8ClampedArray }, "1 x 1 pixels in Array"],
  ])("refuses what is no image data: %o", (image, found) => {
    expect(() => fromImageData(image)).toThrow(ImageError);
    expect(() => fromImageData(image)).toThrow(`fromImageData: found ${found}, expected at least one pixel`);
  });
});
