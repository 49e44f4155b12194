import { describe, expect, it } from "vitest";
import { ImageError } from "../../errors.ts";
import { crc32, pngSignature, readPngChunks } from "./png-chunks.ts";

function chunk(type: string, content: readonly number[] = [], length: number = content.length): number[] {
  const body = [...new TextEncoder().encode(type), ...content];
  return [...toBytes(length), ...body, ...toBytes(crc32(Uint8Array.from(body)))];
}

function toBytes(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

function read(...parts: number[][]): ReturnType<typeof readPngChunks> {
  return readPngChunks(Uint8Array.from([...pngSignature, ...parts.flat()]));
}

const header = chunk("IHDR", [1, 2, 3]);
const data = chunk("IDAT", [4]);
const end = chunk("IEND");

describe("readPngChunks", () => {
  it("finds the chunks that make the picture and passes over others", () => {
    const chunks = read(
      header,
      chunk("tEXt", [9]),
      chunk("PLTE", [7]),
      chunk("tRNS", [8]),
      data,
      chunk("IDAT", [5, 6]),
      end,
    );
    expect(chunks).toEqual({
      header: Uint8Array.of(1, 2, 3),
      palette: Uint8Array.of(7),
      transparency: Uint8Array.of(8),
      data: [Uint8Array.of(4), Uint8Array.of(5, 6)],
    });
  });

  it("ignores what follows the end", () => {
    expect(read(header, data, end, [1, 2, 3]).data).toHaveLength(1);
  });

  it("reads from a view inside a larger buffer", () => {
    const file = Uint8Array.from([0, 0, 0, ...pngSignature, ...header, ...data, ...end]);
    expect(readPngChunks(file.subarray(3)).data).toEqual([Uint8Array.of(4)]);
  });

  it.each<[string, () => unknown, string]>([
    [
      "nothing",
      () => readPngChunks(new Uint8Array(0)),
      "PNG: found no bytes, expected the signature of a PNG file.",
    ],
    [
      "a JPEG",
      () => readPngChunks(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)),
      "found 4 bytes that begin with ff d8 ff e0",
    ],
    [
      "an ArrayBuffer",
      () => readPngChunks(new ArrayBuffer(9) as unknown as Uint8Array),
      "found ArrayBuffer, expected a Uint8Array",
    ],
    [
      "a file that ends early",
      () => read(header, data),
      "found the end of the file at byte 36, expected an IEND chunk",
    ],
    [
      "a chunk longer than the file",
      () => read(header, chunk("IDAT", [4], 2 ** 32 - 1)),
      "found a chunk IDAT of 4294967295 bytes, expected at most the 1 that are left",
    ],
    [
      "a wrong checksum",
      () => read(header, [...data.slice(0, -1), 0], end),
      "found a wrong checksum in the chunk IDAT at byte 23",
    ],
    ["no header", () => read(data, end), "found IDAT at byte 8, expected IHDR first, once"],
    [
      "two headers",
      () => read(header, header, data, end),
      "found IHDR at byte 23, expected IHDR first, once",
    ],
    ["no pixels", () => read(header, end), "found no IDAT chunk"],
    [
      "two palettes",
      () => read(header, chunk("PLTE"), chunk("PLTE"), data, end),
      "found a second or late chunk PLTE",
    ],
    [
      "a palette after the pixels",
      () => read(header, data, chunk("PLTE"), end),
      "found a second or late chunk PLTE",
    ],
    [
      "a critical chunk that nobody knows",
      () => read(header, chunk("ABCD"), data, end),
      "found a chunk ABCD",
    ],
    [
      "a chunk without a name",
      () => read(header, chunk("\u0001\u0002\u0003\u0004"), end),
      "expected a chunk",
    ],
  ])("refuses %s", (_name, run, message) => {
    expect(run).toThrow(ImageError);
    expect(run).toThrow(message);
  });
});

describe("crc32", () => {
  it.each([
    ["123456789", 0xcbf43926], // the check value of CRC-32/ISO-HDLC
    ["IEND", 0xae426082], // the last four bytes of every PNG
    ["", 0],
  ])("of %j", (text, expected) => {
    expect(crc32(new TextEncoder().encode(text))).toBe(expected);
  });
});
