import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../../errors.ts";
import { RasterImage } from "../raster-image.ts";

const image = new RasterImage({ width: 2, height: 1, channels: 3, data: new Uint8Array(6) });

/** The chunks of a PNG, read by the specification. */
function chunksOf(png: Uint8Array): readonly (readonly [type: string, content: Uint8Array])[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: [string, Uint8Array][] = [];
  for (let offset = 8; offset < png.length; ) {
    const length = view.getUint32(offset);
    const type = new TextDecoder("latin1").decode(png.subarray(offset + 4, offset + 8));
    chunks.push([type, png.subarray(offset + 8, offset + 8 + length)]);
    offset += length + 12;
  }
  return chunks;
}

describe("text in a PNG", () => {
  it("is tEXt in Latin-1, before the pixels", async () => {
    const chunks = chunksOf(await image.toPng({ text: { parameters: "café\nSteps: 4" } }));
    expect(chunks.map(([type]) => type)).toEqual(["IHDR", "tEXt", "IDAT", "IEND"]);
    expect(new TextDecoder("latin1").decode(chunks[1]?.[1])).toBe("parameters\0café\nSteps: 4");
  });

  it("is iTXt in UTF-8 beyond Latin-1", async () => {
    const chunks = chunksOf(await image.toPng({ text: { Title: "plain", parameters: "狐 🦊" } }));
    expect(chunks.map(([type]) => type)).toEqual(["IHDR", "tEXt", "iTXt", "IDAT", "IEND"]);
    expect(new TextDecoder().decode(chunks[2]?.[1])).toBe("parameters\0\0\0\0\0狐 🦊");
  });

  it("leaves the pixels alone, in a Blob too", async () => {
    const blob = await image.toBlob({ text: { parameters: "a red fox" } });
    expect(blob.type).toBe("image/png");
    expect(chunksOf(new Uint8Array(await blob.arrayBuffer()))[1]?.[0]).toBe("tEXt");
    expect((await RasterImage.decode(blob)).data).toEqual(image.data);
  });

  it.each([
    [{ "": "empty" }],
    [{ " padded": "x" }],
    [{ [`${"k".repeat(80)}`]: "x" }],
    [{ 狐: "x" }],
    [{ parameters: "a\0b" }],
    [{ parameters: 4 }],
    ["a text"],
  ])("refuses %j", async (text) => {
    await expect(image.toPng({ text: text as never })).rejects.toThrow(InvalidArgumentError);
  });
});
