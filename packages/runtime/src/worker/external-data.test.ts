import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { PiecewiseBlob, readByPieces } from "./external-data.ts";

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

/** Reads as onnxruntime-web does: each piece is copied before the next is asked for. */
async function contentOf(blob: Blob): Promise<Uint8Array> {
  const content = new Uint8Array(blob.size);
  const reader = blob.stream().getReader();
  let position = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    content.set(value, position);
    position += value.length;
  }
  expect(position).toBe(blob.size);
  return content;
}

describe("PiecewiseBlob", () => {
  it("asks for 8 MiB at a time", async () => {
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

  it("reads nothing ahead, and frees a piece when the next is asked for, where the platform can", async () => {
    const pieces: Uint8Array[] = [];
    const blob = new PiecewiseBlob(12 * 1024 * 1024, async (start, end) => {
      const piece = new Uint8Array(end - start);
      pieces.push(piece);
      return piece;
    });
    const reader = blob.stream().getReader();
    const { value } = await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(pieces).toHaveLength(1);
    expect(value?.byteLength).toBe(8 * 1024 * 1024);
    await reader.read();
    const canFree = "transfer" in ArrayBuffer.prototype;
    expect(value?.byteLength).toBe(canFree ? 0 : 8 * 1024 * 1024);
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(pieces.map(({ byteLength }) => byteLength === 0)).toEqual([canFree, canFree]);
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
