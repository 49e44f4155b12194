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
