import { expect, it } from "vitest";
import { toImageData } from "./image-data.ts";

it("is opaque RGBA, for colours and for grey", () => {
  const color = toImageData({ width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  expect([...color.data]).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
  expect([color.width, color.height, color.colorSpace]).toEqual([1, 2, "srgb"]);
  const grey = toImageData({ width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 8) });
  expect([...grey.data]).toEqual([7, 7, 7, 255, 8, 8, 8, 255]);
});

it("is an ImageData where the platform has one", () => {
  const result = toImageData({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) });
  expect(typeof ImageData === "function" ? result instanceof ImageData : true).toBe(true);
});
