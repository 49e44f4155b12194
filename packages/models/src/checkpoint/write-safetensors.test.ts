import { describe, expect, it } from "vitest";
import { memoryFile } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { readSafetensors } from "./safetensors.ts";
import { writeSafetensors } from "./write-safetensors.ts";

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(Buffer.concat(parts));
}

describe("writeSafetensors", () => {
  it("writes a file that reads back as the same arrays, widest type first, then by name", async () => {
    const bytes = safetensorsBytes(
      {
        half: { dtype: "F16", shape: [2], data_offsets: [0, 4] },
        b: { dtype: "F32", shape: [1, 2], data_offsets: [4, 12] },
        a: { dtype: "F32", shape: [1], data_offsets: [12, 16] },
      },
      16,
    );
    const source = memoryFile("source", bytes);
    const tensors = await readSafetensors(source);
    const written = memoryFile("written", await collect(writeSafetensors(tensors)));
    const again = await readSafetensors(written);
    expect([...again.keys()]).toEqual(["a", "b", "half"]);
    for (const [name, { offset, length, shape, elementType }] of again) {
      const original = tensors.get(name);
      expect({ shape, elementType, length }).toEqual({
        shape: original?.shape,
        elementType: original?.elementType,
        length: original?.length,
      });
      const originalOffset = original?.offset ?? 0;
      expect(await written.read(offset, offset + length)).toEqual(
        await source.read(originalOffset, originalOffset + length),
      );
    }
  });

  it("starts the data at a multiple of 8 and says that the arrays are torch's", async () => {
    const tensors = await readSafetensors(
      memoryFile("x", safetensorsBytes({ odd: { dtype: "U8", shape: [3], data_offsets: [0, 3] } }, 3)),
    );
    const bytes = await collect(writeSafetensors(tensors));
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength))).__metadata__).toEqual({
      format: "pt",
    });
  });
});
