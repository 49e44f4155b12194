import { OnestepError } from "@onestep/core";
import {
  op,
  type PicklePart,
  pickleBytes,
  stateDictPart,
  type TensorPart,
  torchFileBytes,
} from "@onestep/torch-files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guardedFile } from "../../__fixtures__/guarded-file.ts";
import { unpickle } from "../pickle/unpickle.ts";
import { readTorchFile } from "./read-torch-file.ts";
import { torchWorld } from "./torch-world.ts";

/** Elements of float32 in the one storage of the files. */
const stored = 6;
const storages = { 0: new Uint8Array(Float32Array.from([1, 2, 3, 4, 5, 6]).buffer), 1: new Uint8Array(4) };

/**
 * Reads a file. Whatever is in it, the outcome is one of our errors, or arrays that lie inside the file; a read outside
 * of the file fails the test.
 *
 * @returns Whether it was read.
 */
async function readSafely(bytes: Uint8Array): Promise<boolean> {
  try {
    const tensors = await readTorchFile(guardedFile("model.pt", bytes));
    for (const { offset, length, shape } of tensors.values()) {
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset + length).toBeLessThanOrEqual(bytes.length);
      expect(shape.every((size) => Number.isSafeInteger(size) && size >= 0)).toBe(true);
    }
    return true;
  } catch (error) {
    expect(OnestepError.isInstance(error), String(error)).toBe(true);
    return false;
  }
}

const size = fc.integer({ min: -1, max: 8 });
const tensor: fc.Arbitrary<TensorPart> = fc.record(
  {
    shape: fc.array(size, { maxLength: 3 }),
    strides: fc.array(size, { maxLength: 3 }),
    offset: fc.oneof(size, fc.constant(2 ** 31 - 1)),
    storageType: fc.constantFrom("FloatStorage", "HalfStorage", "BoolStorage", "ComplexFloatStorage"),
    key: fc.constantFrom("0", "1", "2", "../version"),
    elements: fc.oneof(fc.constant(stored), size),
  },
  { requiredKeys: ["shape", "key"] },
);

/** Operations that belong into a state dict, and some that do not, in no order. */
const anyPart: fc.Arbitrary<PicklePart> = fc.oneof(
  fc.constantFrom<PicklePart>(
    ...["(", ")", "0", "1", "2", "N", "}", "]", "a", "e", "s", "u", "t", "l", "d", "b", "o", "R", "Q"],
    ...[
      "\x81",
      "\x85",
      "\x86",
      "\x87",
      "\x88",
      "\x8f",
      "\x90",
      "\x91",
      "\x92",
      "\x93",
      "\x94",
      "q\x00",
      "h\x00",
    ],
    ...[
      "\x82\x01",
      "\x95\x00\x00\x00\x00\x00\x00\x00\x00",
      "\x97",
      "I01\n",
      "Pid\n",
      "g0\n",
      "p0\n",
      "K\x02",
    ],
  ),
  fc.string({ maxLength: 4 }).map(op.text),
  fc.integer({ min: -2, max: 2 ** 31 - 1 }).map(op.int),
  fc.constantFrom(
    op.global("collections", "OrderedDict"),
    op.global("torch._utils", "_rebuild_tensor_v2"),
    op.global("torch._utils", "_rebuild_parameter"),
    op.global("torch._tensor", "_rebuild_from_type_v2"),
    op.global("torch", "FloatStorage"),
    op.global("torch", "Size"),
    op.global("_codecs", "encode"),
    op.global("os", "system"),
  ),
);

const number = fc.oneof(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1), fc.nat(400));
const entryChange = fc.record(
  {
    name: fc.constantFrom("model/data/0", "model/data.pkl", "other/data.pkl", "data.pkl", ""),
    flags: fc.constantFrom(0, 1, 8, 0x808),
    method: fc.constantFrom(0, 8, 99),
    listed: fc.record(
      {
        checksum: number,
        size: number,
        compressedSize: number,
        headerOffset: number,
        nameLength: number,
        extraLength: number,
      },
      { requiredKeys: [] },
    ),
    local: fc.record(
      {
        size: number,
        compressedSize: number,
        nameLength: number,
        extraLength: number,
        flags: fc.nat(0xffff),
      },
      { requiredKeys: [] },
    ),
    extra: fc.uint8Array({ maxLength: 24 }),
  },
  { requiredKeys: [] },
);
const big = fc.oneof(
  fc.bigInt({ min: 0n, max: 600n }),
  fc.constantFrom(2n ** 32n, 2n ** 53n, 2n ** 64n - 1n),
);
const endChange = fc.record(
  {
    entries: fc.nat(9),
    size: number,
    offset: number,
    commentLength: fc.nat(30),
    comment: fc.uint8Array({ maxLength: 30 }),
    zip64: fc.record(
      { entries: big, size: big, offset: big, position: big, length: big },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

describe("readTorchFile, of files that were tampered with", () => {
  const honest = torchFileBytes(
    stateDictPart({ a: { shape: [2, 3], key: "0" }, b: { shape: [1], key: "1" } }),
    {
      storages,
    },
  );

  it("never fails otherwise than with our errors, whatever the tensors claim", async () => {
    const tensors = fc.dictionary(fc.string({ maxLength: 3 }), tensor, { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(tensors, async (claimed) => {
        await readSafely(torchFileBytes(stateDictPart(claimed), { storages }));
      }),
      { numRuns: 500 },
    );
  });

  it("never fails otherwise, whatever the zip file claims", async () => {
    const content = stateDictPart({ a: { shape: [2, 3], key: "0" }, b: { shape: [1], key: "1" } });
    const changes = fc.dictionary(fc.constantFrom("data.pkl", "version", "data/0", "data/1"), entryChange);
    await fc.assert(
      fc.asyncProperty(changes, fc.option(endChange), async (changed, end) => {
        await readSafely(torchFileBytes(content, { storages, changes: changed, end: end ?? {} }));
      }),
      { numRuns: 1000 },
    );
  });

  it("never fails otherwise, whatever the operations of the pickle", async () => {
    const read = (bytes: Uint8Array): void => {
      try {
        unpickle("data.pkl", bytes, torchWorld);
      } catch (error) {
        expect(OnestepError.isInstance(error), String(error)).toBe(true);
      }
    };
    fc.assert(
      fc.property(fc.array(anyPart, { maxLength: 40 }), (parts) => read(pickleBytes(...parts))),
      { numRuns: 3000 },
    );
    const whole = pickleBytes(stateDictPart({ a: { shape: [2, 3], key: "0" } }));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(3), (position, value, removed) => {
        const bytes = [...whole];
        bytes.splice(position, removed, value);
        read(new Uint8Array(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("never fails otherwise, whichever bytes are changed, and wherever the file is cut off", async () => {
    expect(await readSafely(honest)).toBe(true);
    const place = fc.record({ position: fc.nat(honest.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(place, { maxLength: 4 }),
        fc.option(fc.nat(honest.length)),
        async (places, end) => {
          const bytes = honest.slice(0, end ?? honest.length);
          for (const { position, value } of places) bytes[position] = value;
          const isWhole = end === null || end === honest.length;
          if ((await readSafely(bytes.slice(0, end ?? honest.length))) && !isWhole) {
            throw new Error(`a file cut off at byte ${end} was read`);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
