import { describe, expect, it } from "vitest";
import { decodePng } from "./decode-png.ts";
import { encodePng } from "./encode-png.ts";
import { readPngChunks } from "./png-chunks.ts";

describe("encodePng", () => {
  // Fewer bytes than are compressed at once, several times as many, one row that is more than that.
  it.each([
    [31, 17, 1],
    [31, 17, 3],
    [1, 1, 3],
    [300, 257, 3],
    [70_000, 3, 1],
  ] as const)(
    "makes files of %d x %d pixels, %d channels, that decode to the same",
    async (width, height, channels) => {
      const data = Uint8Array.from(
        { length: width * height * channels },
        (_, index) => (index * index) % 251,
      );
      const pixels = { width, height, channels, data };
      expect(await decodePng(await encodePng(pixels), 2 ** 20)).toEqual(pixels);
    },
  );

  it.each([
    [1, 0],
    [2, 4],
    [3, 2],
    [4, 6],
  ] as const)("names the colour type of %i channels", async (channels, colorType) => {
    const png = await encodePng({ width: 1, height: 1, channels, data: new Uint8Array(channels) });
    expect(readPngChunks(png).header[9]).toBe(colorType);
  });

  // Reading lays what is transparent on white: 255 · 0.6, with 51 · 0.4 below it.
  it.each([
    [4, [0, 255, 51, 153], [102, 255, 133]],
    [2, [51, 153], [133, 133, 133]],
  ] as const)("writes opacity that readers see: %i channels", async (channels, pixel, onWhite) => {
    const png = await encodePng({ width: 1, height: 1, channels, data: Uint8Array.from(pixel) });
    const read = await decodePng(png, 1);
    expect([...read.data]).toEqual(onWhite.slice(0, read.channels));
  });

  it("writes the header of the specification", async () => {
    const png = await encodePng({ width: 258, height: 1, channels: 1, data: new Uint8Array(258) });
    expect([...readPngChunks(png).header]).toEqual([0, 0, 1, 2, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  });

  it("compresses", async () => {
    const data = new Uint8Array(3 * 256 * 256);
    expect(await encodePng({ width: 256, height: 256, channels: 3, data })).toHaveProperty(
      "length",
      expect.toSatisfy((length: number) => length < 1000),
    );
  });
});
