import { describe, expect, it } from "vitest";
import { ImageError } from "../../errors/image-error.ts";
import { UnsupportedError } from "../../errors/unsupported-error.ts";
import files from "./__fixtures__/png-files.json" with { type: "json" };
import { replaceData } from "./__fixtures__/replace-data.ts";
import { decodePng } from "./decode-png.ts";
import { encodePng } from "./encode-png.ts";

const maxPixels = 1000;

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

describe("decodePng", () => {
  it.each(files.images.filter((image) => image.supported))(
    "decodes $name",
    async ({ png, pixels, channels }) => {
      const image = await decodePng(fromBase64(png), maxPixels);
      expect([image.width, image.height, image.channels]).toEqual([9, 7, channels]);
      expect(image.data).toEqual(fromBase64(pixels));
    },
  );

  it.each(files.images.filter((image) => !image.supported))("refuses $name", async ({ png }) => {
    await expect(decodePng(fromBase64(png), maxPixels)).rejects.toThrow(UnsupportedError);
  });

  it("refuses more pixels than the limit before it inflates them", async () => {
    const png = fromBase64(files.images[0]?.png ?? "");
    await expect(decodePng(png, 62)).rejects.toThrow(ImageError);
    await expect(decodePng(png, 62)).rejects.toThrow("PNG: found 9 x 7 pixels, expected at most 62 pixels.");
  });

  it("refuses a row with a filter that does not exist", async () => {
    const row = Uint8Array.of(9, 1, 2, 3);
    const stream = new Blob([row]).stream().pipeThrough(new CompressionStream("deflate"));
    const deflated = new Uint8Array(await new Response(stream).arrayBuffer());
    const valid = await encodePng({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });
    const decode = decodePng(replaceData(valid, deflated), maxPixels);
    await expect(decode).rejects.toThrow(ImageError);
    await expect(decode).rejects.toThrow(
      "PNG: found rows that cannot be decoded, expected rows with one of the five filters",
    );
  });

  it("reports every cut of a file as damage, and nothing else", async () => {
    const png = fromBase64(files.images.find((image) => image.name === "rgb 8-bit")?.png ?? "");
    for (let length = 0; length < png.length; length += 1) {
      await expect(decodePng(png.subarray(0, length), maxPixels)).rejects.toThrow(ImageError);
    }
  });

  it("reports every flipped byte of a file as damage, or decodes the same pixels", async () => {
    const { png: text, pixels } = files.images.find(
      (image) => image.name === "palette 4-bit with transparency",
    ) ?? {
      png: "",
      pixels: "",
    };
    const png = fromBase64(text);
    for (let index = 0; index < png.length; index += 1) {
      const damaged = png.map((byte, position) => (position === index ? byte ^ 0x15 : byte));
      const result = await decodePng(damaged, maxPixels).catch((error: unknown) => error);
      if (!ImageError.isInstance(result)) expect(result).toMatchObject({ data: fromBase64(pixels) });
    }
  });
});
