import { describe, expect, it } from "vitest";
import { ImageError, InvalidArgumentError, UnsupportedError } from "../errors.ts";
import { RasterImage } from "./raster-image.ts";

const image = new RasterImage({
  width: 2,
  height: 1,
  channels: 3,
  data: Uint8Array.of(0, 51, 102, 153, 204, 255),
});

describe("RasterImage", () => {
  it("knows its mode and refuses pixels that do not fit", () => {
    expect(image.mode).toBe("RGB");
    expect(new RasterImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(3) }).mode).toBe("L");
    expect(() => new RasterImage({ width: 3, height: 1, channels: 1, data: Uint8Array.of(3) })).toThrow(
      ImageError,
    );
  });

  it("becomes a tensor of planes in [0, 1]", () => {
    const tensor = image.toTensor();
    expect(tensor.describe()).toBe("float32 [1, 3, 1, 2]");
    expect([...tensor.data]).toEqual([0, 153 / 255, 51 / 255, 204 / 255, 102 / 255, 1].map(Math.fround));
  });

  it("becomes the body of a Response", async () => {
    // A type test as well: a Response takes bytes of an ArrayBuffer alone.
    const png: Uint8Array<ArrayBuffer> = await image.toPng();
    const response = new Response(await image.toPng(), { headers: { "Content-Type": "image/png" } });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(png);
  });

  it("becomes a PNG and comes back", async () => {
    expect(await RasterImage.fromPng(await image.toPng())).toEqual(image);
    const blob = await image.toBlob();
    expect(blob.type).toBe("image/png");
    expect(await RasterImage.fromPng(new Uint8Array(await blob.arrayBuffer()))).toEqual(image);
  });

  it("becomes image data and part of a grid", () => {
    expect([...image.toImageData().data]).toEqual([0, 51, 102, 255, 153, 204, 255, 255]);
    expect(RasterImage.fromImageData(image.toImageData())).toEqual(image);
    const grid = RasterImage.grid([image, image], { columns: 1 });
    expect(grid).toBeInstanceOf(RasterImage);
    expect([grid.width, grid.height]).toEqual([2, 2]);
  });

  it("reads no more pixels than it is allowed to", async () => {
    const png = await image.toPng();
    expect(await RasterImage.fromPng(png, { maxPixels: 2 })).toEqual(image);
    await expect(RasterImage.fromPng(png, { maxPixels: 1 })).rejects.toThrow(ImageError);
    await expect(RasterImage.fromPng(png, { maxPixels: Number.NaN })).rejects.toThrow(InvalidArgumentError);
    await expect(RasterImage.fromPng(png, { maxPixels: Number.NaN })).rejects.toThrow(
      "maxPixels: found NaN, expected a whole number of at least 1.",
    );
  });

  it.each([["cat.jpg"], ["cat"], ["png"], [new URL("file:///cat.webp")]])(
    "does not save %s",
    async (path) => {
      await expect(image.save(path)).rejects.toThrow(UnsupportedError);
      await expect(image.save(path)).rejects.toThrow(/cannot be saved: only \.png is supported/);
    },
  );

  it("does not save to something that is no path", async () => {
    await expect(image.save(undefined as unknown as string)).rejects.toThrow(InvalidArgumentError);
  });
});
