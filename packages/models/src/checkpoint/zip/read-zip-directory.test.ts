import { littleEndian, type ZipEndPart, type ZipPart, zipBytes } from "@onestep/torch-files";
import { describe, expect, it } from "vitest";
import { guardedFile } from "../../__fixtures__/guarded-file.ts";
import { CheckpointError } from "../../errors.ts";
import { readZipDirectory } from "./read-zip-directory.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const a: ZipPart = { name: "x/a", content: text("first") };
const b: ZipPart = { name: "x/b", content: text("the second") };

async function contentsOf(bytes: Uint8Array): Promise<Record<string, string>> {
  const file = guardedFile("model.pt", bytes);
  const contents: Record<string, string> = {};
  for (const { name, offset, length } of (await readZipDirectory(file)).values()) {
    contents[name] = new TextDecoder().decode(await file.read(offset, offset + length));
  }
  return contents;
}

const both = { "x/a": "first", "x/b": "the second" };

describe("readZipDirectory", () => {
  it("says where the contents lie", async () => {
    const entries = await readZipDirectory(guardedFile("model.pt", zipBytes([a, b])));
    expect([...entries.values()]).toEqual([
      { name: "x/a", offset: 33, length: 5, isStored: true },
      { name: "x/b", offset: 71, length: 10, isStored: true },
    ]);
    expect(await contentsOf(zipBytes([a, b]))).toEqual(both);
  });

  const padding = littleEndian([0x4246, 2], [6, 2], [0, 6]);
  const unknown = { checksum: 0, size: 0, compressedSize: 0 };
  const inExtra = { size: 0xffff_ffff, compressedSize: 0xffff_ffff };
  it.each<[string, readonly ZipPart[], ZipEndPart?]>([
    ["with zip64 records", [a, b], { zip64: {} }],
    [
      "with zip64 records alone",
      [a, b],
      { zip64: {}, entries: 0xffff, size: 0xffff_ffff, offset: 0xffff_ffff },
    ],
    ["with a comment", [a, b], { comment: text("PK\x05\x06 is how an end record begins") }],
    [
      "with padding that the directory does not have, as torch aligns its arrays",
      [a, { ...b, local: { extra: padding } }],
    ],
    [
      "with sizes that stand behind the contents",
      [
        { ...a, flags: 0x808, listed: { checksum: 7 }, local: unknown },
        { ...b, flags: 0x808 },
      ],
    ],
    [
      "with sizes in the zip64 field",
      [
        a,
        {
          ...b,
          extra: littleEndian([1, 2], [24, 2], [10, 8], [10, 8], [38, 8]),
          listed: { ...inExtra, headerOffset: 0xffff_ffff },
          local: { ...inExtra, extra: littleEndian([1, 2], [16, 2], [10, 8], [10, 8]) },
        },
      ],
    ],
  ])("reads a zip file %s", async (_what, parts, end) => {
    expect(await contentsOf(zipBytes(parts, end))).toEqual(both);
  });

  it("tells which contents are compressed", async () => {
    const packed = zipBytes([{ ...a, method: 8, listed: { size: 500 }, local: { size: 500 } }]);
    const entries = await readZipDirectory(guardedFile("x", packed));
    expect(entries.get("x/a")).toMatchObject({ isStored: false, length: 5 });
  });

  it("reads a zip file without entries", async () => {
    expect(await contentsOf(zipBytes([]))).toEqual({});
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(0), /found no end record of a zip file, expected one in the last bytes/],
    ["a file that was cut off", zipBytes([a, b]).slice(0, -5), /no end record/],
    ["bytes behind the end", new Uint8Array([...zipBytes([a]), 0]), /no end record/],
    ["a part of several", zipBytes([a], { disk: 1 }), /found a part of a zip file in several parts/],
    ["entries on another disk", zipBytes([a], { entriesOnDisk: 0 }), /several parts/],
    [
      "a directory elsewhere",
      zipBytes([a], { offset: 3 }),
      /a directory of 49 bytes at byte 3, expected one that ends at byte 87/,
    ],
    ["a directory outside of the file", zipBytes([a], { offset: 0xffff_fff0 }), /at byte 4294967280/],
    ["a directory of another size", zipBytes([a], { size: 50 }), /a directory of 50 bytes/],
    [
      "more entries than there is room for",
      zipBytes([a], { entries: 2 }),
      /expected at least 46 bytes for each/,
    ],
    ["fewer entries than there are", zipBytes([a, b], { entries: 1 }), /49 bytes after the last entry/],
    ["zip64 records that differ", zipBytes([a], { zip64: { entries: 2n } }), /found end records that differ/],
    [
      "a zip64 record elsewhere",
      zipBytes([a], { zip64: { position: 5n } }),
      /a zip64 end record said to be at byte 5/,
    ],
    [
      "a zip64 record at 2^64 - 1",
      zipBytes([a], { zip64: { position: 2n ** 64n - 1n } }),
      /at byte 18446744073709552000/,
    ],
    [
      "a zip64 record of another length",
      zipBytes([a], { zip64: { length: 45n } }),
      /record of 45 bytes, expected 44/,
    ],
    [
      "a zip64 directory of 2^63 bytes",
      zipBytes([a], { zip64: { size: 2n ** 63n }, size: 0xffff_ffff }),
      /a directory of 9223372036854776000 bytes/,
    ],
    [
      "a name that stands twice",
      zipBytes([a, { ...b, name: "x/a" }]),
      /found two entries "x\/a", expected each name once/,
    ],
    ["an encrypted entry", zipBytes([{ ...a, flags: 1 }]), /"x\/a": found an encrypted entry/],
    ["an encrypted directory", zipBytes([{ ...a, flags: 0x2000 }]), /an encrypted entry/],
    ["an entry on another disk", zipBytes([{ ...a, listed: { disk: 2 } }]), /another part of the zip file/],
    [
      "a name that is not UTF-8",
      zipBytes([a]).fill(0xff, 33 - 3 + 5 + 46 + 3, 33 - 3 + 5 + 46 + 6),
      /not UTF-8/,
    ],
    [
      "a stored entry of two sizes",
      zipBytes([{ ...a, listed: { size: 6 } }]),
      /5 bytes stored for 6, expected the same/,
    ],
    [
      "a header outside of the file",
      zipBytes([{ ...a, listed: { headerOffset: 5000 } }]),
      /a header at byte 5000, expected one before byte 38/,
    ],
    ["a header that is none", zipBytes([{ ...a, local: { signature: 7 } }]), /found no header at byte 0/],
    ["a header in the directory", zipBytes([{ ...a, listed: { headerOffset: 38 } }]), /a header at byte 38/],
    [
      "another name in the header",
      zipBytes([{ ...a, local: { name: "x/c" } }]),
      /a header at byte 0 that differs/,
    ],
    ["other flags in the header", zipBytes([{ ...a, local: { flags: 8 } }]), /that differs/],
    ["another method in the header", zipBytes([{ ...a, local: { method: 8 } }]), /that differs/],
    ["another size in the header", zipBytes([{ ...a, local: { size: 4 } }]), /that differs/],
    ["another checksum in the header", zipBytes([{ ...a, local: { checksum: 4 } }]), /that differs/],
    [
      "a header with a long name",
      zipBytes([{ ...a, local: { nameLength: 9 } }]),
      /a header of 39 bytes at byte 0/,
    ],
    [
      "a header with much extra data",
      zipBytes([{ ...a, local: { extraLength: 9 } }]),
      /a header of 42 bytes/,
    ],
    [
      "content that reaches into the directory",
      zipBytes([{ ...a, listed: { size: 9, compressedSize: 9 }, local: { size: 9, compressedSize: 9 } }]),
      /content up to byte 42, expected at most 38, where the directory begins/,
    ],
    [
      "content of 4 GB",
      zipBytes([
        {
          ...a,
          listed: { size: 2 ** 32 - 2, compressedSize: 2 ** 32 - 2 },
          flags: 8,
          local: { size: 0, compressedSize: 0 },
        },
      ]),
      /content up to byte 4294967327/,
    ],
    [
      "one header for two entries",
      zipBytes([a, { ...b, name: "x/b", listed: { headerOffset: 0 } }]),
      /which overlaps the one before it/,
    ],
    [
      "content that reaches into the next entry",
      zipBytes([
        { ...a, listed: { size: 20, compressedSize: 20 }, local: { size: 20, compressedSize: 20 } },
        b,
      ]),
      /"x\/b": found an entry at byte 38, which overlaps the one before it, expected byte 53 or later/,
    ],
    [
      "a size in a zip64 field that is missing",
      zipBytes([{ ...a, listed: { size: 0xffff_ffff } }]),
      /extra data that is malformed/,
    ],
    [
      "extra data that is cut off",
      zipBytes([{ ...a, extra: littleEndian([1, 2], [16, 2], [5, 8]), listed: { size: 0xffff_ffff } }]),
      /extra data that is malformed/,
    ],
    [
      "two zip64 fields",
      zipBytes([{ ...a, extra: littleEndian([1, 2], [8, 2], [5, 8], [1, 2], [8, 2], [5, 8]) }]),
      /extra data that is malformed/,
    ],
    [
      "an entry that is longer than the directory",
      zipBytes([{ ...a, listed: { nameLength: 900 } }]),
      /an entry of 946 bytes, expected at most the 49/,
    ],
    ["a directory that begins in between", zipBytes([a, b], { size: 97, offset: 82 }), /no entry at byte 0/],
  ])("refuses %s", async (_what, bytes, message) => {
    const error = await readZipDirectory(guardedFile("model.pt", bytes)).catch((reason) => reason);
    expect(CheckpointError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("model.pt");
  });

  it("refuses a directory of 40 MB before it is read", async () => {
    const bytes = zipBytes([], { comment: text("x".repeat(100)) });
    const size = 40 * 1024 * 1024;
    const end = bytes.length - 122;
    new DataView(bytes.buffer).setUint32(end + 12, size, true);
    const file = {
      ...guardedFile("model.pt", bytes),
      size: size + bytes.length,
      read: async (start: number, stop: number) => {
        expect(stop - start).toBeLessThan(100_000);
        const whole = new Uint8Array(stop - start);
        whole.set(bytes, whole.length - bytes.length);
        return whole;
      },
    };
    await expect(readZipDirectory(file)).rejects.toThrow(
      /expected at most 200000 entries and 33554432 bytes/,
    );
  });
});
