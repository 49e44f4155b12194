import type { RepositoryFile } from "@onestep/hub";
import { describe, expect, it } from "vitest";
import { memoryFile } from "../__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "../__fixtures__/safetensors-bytes.ts";
import { readSafetensors } from "./safetensors.ts";
import { SafetensorsLayout } from "./safetensors-layout.ts";

function readAll(layout: SafetensorsLayout): Promise<Uint8Array> {
  return layout.read(0, layout.size);
}

const bytes = safetensorsBytes(
  {
    half: { dtype: "F16", shape: [2], data_offsets: [0, 4] },
    b: { dtype: "F32", shape: [1, 2], data_offsets: [4, 12] },
    a: { dtype: "F32", shape: [1], data_offsets: [12, 16] },
    none: { dtype: "F32", shape: [0], data_offsets: [16, 16] },
    c: { dtype: "F32", shape: [1], data_offsets: [16, 20] },
  },
  20,
);

describe("SafetensorsLayout", () => {
  it("is a file that reads back as the same arrays, widest type first, then by name", async () => {
    const source = memoryFile("source", bytes);
    const tensors = await readSafetensors(source);
    const written = memoryFile("written", await readAll(new SafetensorsLayout(tensors)));
    const again = await readSafetensors(written);
    expect([...again.keys()]).toEqual(["a", "b", "c", "none", "half"]);
    for (const [name, { offset, length, shape, dtype }] of again) {
      const original = tensors.get(name);
      expect({ shape, dtype, length }).toEqual({
        shape: original?.shape,
        dtype: original?.dtype,
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
    const file = await readAll(new SafetensorsLayout(tensors));
    const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    expect(file.length).toBe(8 + headerLength + 3);
    expect(JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerLength))).__metadata__).toEqual({
      format: "pt",
    });
  });

  it("gives any part of the file as the whole has it", async () => {
    const layout = new SafetensorsLayout(await readSafetensors(memoryFile("source", bytes)));
    const whole = await readAll(layout);
    for (let start = 0; start <= layout.size; start += 1) {
      for (const end of [start, Math.min(start + 7, layout.size), layout.size]) {
        expect(await layout.read(start, end)).toEqual(whole.slice(start, end));
      }
    }
  });

  it("reads arrays that lie together at once", async () => {
    const header = {
      a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
      b: { dtype: "F32", shape: [2], data_offsets: [4, 12] },
      d: { dtype: "F32", shape: [1], data_offsets: [12, 16] },
      c: { dtype: "F32", shape: [1], data_offsets: [16, 20] },
    };
    const content = safetensorsBytes(header, 20);
    const reads: number[] = [];
    const source: RepositoryFile = {
      ...memoryFile("source", content),
      read: async (start, end) => {
        reads.push(end - start);
        return content.slice(start, end);
      },
    };
    const tensors = await readSafetensors(source);
    reads.length = 0;
    await readAll(new SafetensorsLayout(tensors));
    expect(reads).toEqual([12, 4, 4]);
  });
});
