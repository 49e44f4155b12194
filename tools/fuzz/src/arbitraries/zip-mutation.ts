import type { TorchFileOptions, ZipEndPart, ZipPart } from "@onestep/torch-files";
import fc, { type Arbitrary } from "fast-check";
import { extremeNumbers } from "./byte-mutation.ts";

/** Lies in the zip directory of a file, and records that do not belong there. */
export type ZipMutation = (options: TorchFileOptions) => TorchFileOptions;

/** One entry that claims something else, other end records, other records of torch, one storage more or less. */
export function zipMutations(): Arbitrary<ZipMutation> {
  return fc.oneof(
    fc.tuple(fc.constantFrom("data.pkl", "version", "byteorder", "data/0", "data/1"), entryLies()).map(
      ([name, lies]): ZipMutation =>
        (options) => ({
          ...options,
          changes: { ...options.changes, [name]: { ...options.changes?.[name], ...lies } },
        }),
    ),
    endLies().map(
      (end): ZipMutation =>
        (options) => ({ ...options, end: { ...options.end, ...end } }),
    ),
    fc
      .tuple(
        fc.constantFrom("byteorder", "version", "constants.pkl", "code/a.py", ".data/serialization_id"),
        fc.constantFrom(null, "", "big", "little", "3", "99\n", "-1", "x".repeat(100)),
      )
      .map(
        ([name, text]): ZipMutation =>
          (options) => ({
            ...options,
            records: { ...options.records, [name]: text },
          }),
      ),
    fc.tuple(fc.constantFrom("0", "1", "7", "../0", "0/"), fc.uint8Array({ maxLength: 40 })).map(
      ([key, bytes]): ZipMutation =>
        (options) => ({
          ...options,
          storages: { ...options.storages, [key]: bytes },
        }),
    ),
  );
}

function number32(): Arbitrary<number> {
  return fc.oneof(
    fc.nat(600),
    fc.constantFrom(0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
  );
}

function number16(): Arbitrary<number> {
  return fc.oneof(fc.nat(200), fc.constantFrom(0x7fff, 0xffff));
}

function entryLies(): Arbitrary<Partial<ZipPart>> {
  return fc.record(
    {
      name: fc.constantFrom(
        ...["model/data/0", "model/data.pkl", "other/data.pkl", "../data.pkl", "/data.pkl", "data.pkl", ""],
        ...["model/data/0/", "model\\data\\0", "model/\u0000", "__proto__"],
      ),
      flags: fc.constantFrom(0, 1, 8, 0x800, 0x808, 0x2000, 0xffff),
      method: fc.constantFrom(0, 8, 12, 14, 93, 99),
      extra: fc.oneof(fc.uint8Array({ maxLength: 32 }), zip64Extra()),
      listed: fc.record(
        {
          checksum: number32(),
          size: number32(),
          compressedSize: number32(),
          headerOffset: number32(),
          disk: number16(),
          nameLength: number16(),
          extraLength: number16(),
        },
        { requiredKeys: [] },
      ),
      local: fc.record(
        {
          signature: fc.constantFrom(0, 0x02014b50, 0x08074b50),
          name: fc.constantFrom("model/data/1", "other"),
          flags: fc.constantFrom(0, 1, 8),
          method: fc.constantFrom(0, 8),
          size: number32(),
          compressedSize: number32(),
          extra: fc.oneof(fc.uint8Array({ maxLength: 32 }), zip64Extra()),
          nameLength: number16(),
          extraLength: number16(),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
}

/** The extra field of zip64, with numbers that may be anything. */
function zip64Extra(): Arbitrary<Uint8Array> {
  return fc.array(extremeNumbers(), { minLength: 1, maxLength: 3 }).map((numbers) => {
    const bytes = new Uint8Array(4 + 8 * numbers.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 1, true);
    view.setUint16(2, 8 * numbers.length, true);
    for (const [index, number] of numbers.entries()) {
      view.setBigUint64(4 + 8 * index, BigInt.asUintN(64, number), true);
    }
    return bytes;
  });
}

function endLies(): Arbitrary<ZipEndPart> {
  const number64 = extremeNumbers().map((number) => BigInt.asUintN(64, number));
  return fc.record(
    {
      disk: number16(),
      entriesOnDisk: number16(),
      entries: number16(),
      size: number32(),
      offset: number32(),
      comment: fc.uint8Array({ maxLength: 40 }),
      commentLength: number16(),
      zip64: fc.record(
        {
          entries: number64,
          size: number64,
          offset: number64,
          position: number64,
          length: number64,
          disks: number16(),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
}
