import { expect, it } from "vitest";
import { UnsupportedError } from "../errors.ts";
import { RasterImage } from "./raster-image.ts";

const image = new RasterImage({ width: 2, height: 1, channels: 1, data: Uint8Array.of(10, 20) });

it("does not save in a page and names the way out", async () => {
  await expect(image.save("a.png")).rejects.toThrow(UnsupportedError);
  await expect(image.save("a.png")).rejects.toThrow(/`toPng\(\)` or `toBlob\(\)`/);
});

it("makes a PNG that the browser draws with the same pixels", async () => {
  const bitmap = await createImageBitmap(await image.toBlob());
  const context = new OffscreenCanvas(2, 1).getContext("2d");
  context?.drawImage(bitmap, 0, 0);
  expect([...(context?.getImageData(0, 0, 2, 1).data ?? [])]).toEqual([10, 10, 10, 255, 20, 20, 20, 255]);
});
