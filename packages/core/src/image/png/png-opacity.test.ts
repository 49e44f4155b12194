import { describe, expect, it } from "vitest";
import { RasterImage } from "../raster-image.ts";
import { decodePngOpacity } from "./png-opacity.ts";

const png = (channels: 1 | 2 | 3 | 4, data: readonly number[]): Promise<Uint8Array> =>
  new RasterImage({ width: 2, height: 1, channels, data: Uint8Array.from(data) }).toPng();

describe("decodePngOpacity", () => {
  it.each([
    ["grey with alpha", 2, [10, 0, 20, 200], [0, 200]],
    ["RGB with alpha", 4, [1, 2, 3, 255, 4, 5, 6, 7], [255, 7]],
  ] as const)("reads %s", async (_, channels, data, expected) => {
    const opacity = await decodePngOpacity(await png(channels, data), 100);
    expect(opacity).toMatchObject({ width: 2, height: 1, channels: 1 });
    expect([...(opacity?.data ?? [])]).toEqual(expected);
  });

  it.each([
    ["without alpha", 3, [1, 2, 3, 4, 5, 6]],
    ["opaque throughout", 4, [1, 2, 3, 255, 4, 5, 6, 255]],
  ] as const)("is undefined for an image %s", async (_, channels, data) => {
    expect(await decodePngOpacity(await png(channels, data), 100)).toBeUndefined();
  });

  it("refuses too many pixels before it decodes them", async () => {
    await expect(decodePngOpacity(await png(1, [0, 1]), 1)).rejects.toThrow("at most 1 pixels");
  });
});
