import { expect, it } from "vitest";
import { ImageError } from "../errors/image-error.ts";
import { fromImageData, toImageData } from "./image-data.ts";

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
