import { describe, expect, it } from "vitest";
import { ImageError, UnsupportedError } from "../../errors.ts";
import files from "./__fixtures__/png-files.json" with { type: "json" };
import { replaceData } from "./__fixtures__/replace-data.ts";
import { checkInflatedLength, decodePng, unpackSamples } from "./decode-png.ts";
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

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe("checkInflatedLength", () => {
  it("is content with the expected length, in one part or several", async () => {
    const deflated = await deflate(new Uint8Array(1000));
    await checkInflatedLength([deflated], 1000);
    await checkInflatedLength([deflated.subarray(0, 3), deflated.subarray(3)], 1000);
  });

  it.each([
    [999, "found more than 999 bytes of pixels, expected 999"],
    [1001, "found 1000 bytes of pixels, expected 1001"],
  ])("refuses 1000 bytes where %d are expected", async (expected, message) => {
    const check = checkInflatedLength([await deflate(new Uint8Array(1000))], expected);
    await expect(check).rejects.toThrow(ImageError);
    await expect(check).rejects.toThrow(message);
  });

  it("stops early on a small stream that inflates to a large one", async () => {
    const bomb = await deflate(new Uint8Array(64 * 2 ** 20));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(checkInflatedLength([bomb], 100)).rejects.toThrow("found more than 100 bytes of pixels");
  });

  it.each<[string, (deflated: Uint8Array) => Uint8Array]>([
    ["cut off", (deflated) => deflated.subarray(0, deflated.length - 5)],
    ["damaged", (deflated) => deflated.map((byte, index) => (index === 4 ? byte ^ 0xff : byte))],
    ["no zlib stream", () => Uint8Array.of(1, 2, 3)],
  ])("refuses a stream that is %s", async (_name, change) => {
    const noise = Uint8Array.from({ length: 5000 }, (_, index) => (index * index) % 251);
    const check = checkInflatedLength([change(await deflate(noise))], 5000);
    await expect(check).rejects.toThrow(ImageError);
    await expect(check).rejects.toThrow(
      "PNG: found pixels that cannot be inflated, expected 5000 bytes of them.",
    );
  });
});

describe("unpackSamples", () => {
  it.each([
    [1, 3, 2, [0b10100000, 0b01000000], [1, 0, 1, 0, 1, 0]],
    [2, 5, 1, [0b00011011, 0b10000000], [0, 1, 2, 3, 2]],
    [4, 3, 2, [0x12, 0x30, 0xfe, 0xd0], [1, 2, 3, 15, 14, 13]],
  ])("of %d bits in rows of %d", (depth, width, height, packed, expected) => {
    expect([...unpackSamples(Uint8Array.from(packed), width, height, depth)]).toEqual(expected);
  });
});
