import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { PiecewiseBlob, readByPieces } from "./piecewise-blob.ts";

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

async function contentOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await new Response(blob.stream()).arrayBuffer());
}

describe("PiecewiseBlob", () => {
  it("asks for 8 MiB at a time, and for each piece when the one before was taken", async () => {
    const mebibyte = 1024 * 1024;
    const asked: (readonly [number, number])[] = [];
    const blob = new PiecewiseBlob(30 * mebibyte, async (start, end) => {
      asked.push([start / mebibyte, end / mebibyte]);
      return new Uint8Array(end - start);
    });
    const slice = blob.slice(2 * mebibyte, 20 * mebibyte);
    expect(slice.size).toBe(18 * mebibyte);
    expect((await contentOf(slice)).length).toBe(18 * mebibyte);
    expect(asked).toEqual([
      [2, 10],
      [10, 18],
      [18, 20],
    ]);
  });

  it("passes on what a read throws", async () => {
    const blob = new PiecewiseBlob(10, () => Promise.reject(new Error("gone")));
    await expect(contentOf(blob)).rejects.toThrow("gone");
  });
});

describe("readByPieces", () => {
  it("gives the bytes of any slice of a slice", async () => {
    const range = fc
      .tuple(fc.nat(1000), fc.nat(1000))
      .map(([one, other]) => [Math.min(one, other), Math.max(one, other)]);
    await fc.assert(
      fc.asyncProperty(range, fc.nat(1000), async ([start = 0, end = 0], inner) => {
        const blob = readByPieces(new Blob([bytes]));
        expect(blob.size).toBe(1000);
        const from = Math.min(inner, end - start);
        expect(await contentOf(blob.slice(start, end).slice(from))).toEqual(bytes.slice(start + from, end));
      }),
    );
  });

  it("leaves the stream of the Blob alone", async () => {
    const stream = vi.spyOn(Blob.prototype, "stream");
    expect(await contentOf(readByPieces(new Blob([bytes])))).toEqual(bytes);
    expect(stream).not.toHaveBeenCalled();
  });
});
