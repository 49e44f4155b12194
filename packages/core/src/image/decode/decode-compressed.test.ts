import { describe, expect, it } from "vitest";
import { ImageError } from "../../errors.ts";
import { RasterImage } from "../raster-image.ts";
import fixture from "./__fixtures__/compressed-images.json" with { type: "json" };

const { files, width, height } = fixture;

function bytesOf(name: keyof typeof files): Uint8Array {
  return Uint8Array.from(atob(files[name]), (character) => character.charCodeAt(0));
}

function pixel(image: RasterImage, column: number, row: number): number[] {
  const start = image.channels * (row * image.width + column);
  return [...image.data.subarray(start, start + image.channels)];
}

/** Decoders round differently, and lossy formats are not exact. */
function expectColor(found: readonly number[], expected: readonly number[], tolerance: number): void {
  for (const [channel, value] of expected.entries()) {
    expect(Math.abs((found[channel] ?? -999) - value)).toBeLessThanOrEqual(tolerance);
  }
}

describe("RasterImage.decode", () => {
  it.each([
    ["jpeg", 3],
    ["jpegProgressive", 3],
    ["webp", 0],
    ["webpLossy", 12],
    ["webpAnimated", 0],
  ] as const)("reads %s", async (name, tolerance) => {
    const image = await RasterImage.decode(bytesOf(name));
    expect([image.width, image.height, image.channels]).toEqual([width, height, 3]);
    expectColor(pixel(image, 1, 1), fixture.left, tolerance);
    expectColor(pixel(image, 14, 6), fixture.right, tolerance);
  });

  it("turns an image upright, as its EXIF data says", async () => {
    const image = await RasterImage.decode(bytesOf("jpegTurned"));
    expect([image.width, image.height]).toEqual([height, width]);
    expectColor(pixel(image, 1, 1), fixture.left, 3);
    expectColor(pixel(image, 6, 14), fixture.right, 3);
  });

  it("lays transparent pixels on white", async () => {
    const image = await RasterImage.decode(bytesOf("webpTransparent"));
    expectColor(pixel(image, 1, 1), fixture.left, 0);
    const half = fixture.right.map((value) => Math.round((value * 128 + 255 * 127) / 255));
    // A canvas keeps colours times their opacity, rounded to a byte.
    expectColor(pixel(image, 14, 6), half, 1);
  });

  it("makes colours of grey", async () => {
    const image = await RasterImage.decode(bytesOf("jpegGrey"));
    const [red = 0, green, blue] = pixel(image, 1, 1);
    expect([green, blue]).toEqual([red, red]);
  });

  it("reads a PNG, and what is in a Blob or an ArrayBuffer", async () => {
    const original = await RasterImage.decode(bytesOf("webp"));
    const png = await original.toPng();
    expect(await RasterImage.decode(png)).toEqual(original);
    expect(await RasterImage.decode(new Blob([png as Uint8Array<ArrayBuffer>]))).toEqual(original);
    expect(await RasterImage.decode(png.slice().buffer)).toEqual(original);
  });

  it.each(["jpeg", "webp"] as const)("refuses a %s of more pixels than allowed", async (name) => {
    const options = { maxPixels: width * height - 1 };
    await expect(RasterImage.decode(bytesOf(name), options)).rejects.toThrow(
      `${name.toUpperCase()}: found 16 x 8 pixels, expected at most 127 pixels`,
    );
    await expect(RasterImage.decode(bytesOf(name), { maxPixels: 0 })).rejects.toThrow("maxPixels: found 0");
    expect((await RasterImage.decode(bytesOf(name), { maxPixels: width * height })).width).toBe(width);
  });

  it.each<[what: string, bytes: Uint8Array, message: RegExp]>([
    ["an empty file", new Uint8Array(), /image: found an empty file, expected a PNG, JPEG or WebP/],
    ["another format", bytesOf("gif"), /image: found a file that begins with 47 49 46 38/],
    [
      "the first bytes of a JPEG",
      Uint8Array.of(0xff, 0xd8, 0xff),
      /JPEG: found a file that cannot be decoded/,
    ],
    ["the header of a WebP", bytesOf("webp").subarray(0, 16), /WEBP: found a file that cannot be decoded/],
    ["noise after the start of a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 1, 2, 3, 4, 5), /JPEG: found/],
  ])("refuses %s", async (_what, bytes, message) => {
    const error: unknown = await RasterImage.decode(bytes).catch((reason: unknown) => reason);
    expect(ImageError.isInstance(error), String(error)).toBe(true);
    expect(String(error)).toMatch(message);
  });

  it("refuses what is no bytes", async () => {
    const path = "photo.jpg" as unknown as Uint8Array;
    await expect(RasterImage.decode(path)).rejects.toThrow("RasterImage.decode: found string, expected");
  });
});
