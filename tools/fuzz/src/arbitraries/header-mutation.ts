import fc, { type Arbitrary } from "fast-check";
import { extremeNumbers } from "./byte-mutation.ts";

/** An entry of a header: a name and what stands behind it. A list of them can hold a name twice. */
export type HeaderEntry = [name: string, value: unknown];

/** Damage to the entries of a header. */
export type EntryMutation = (entries: readonly HeaderEntry[]) => readonly HeaderEntry[];

/** Damage to the text of a header. */
export type TextMutation = (text: string) => string;

/** What does not belong into a header, or not there. */
export function strangeValues(): Arbitrary<unknown> {
  const numbers = extremeNumbers().map(Number);
  return fc.oneof(
    numbers,
    numbers.map((number) => -number),
    fc.array(numbers, { maxLength: 4 }),
    fc.constantFrom<unknown>(
      null,
      true,
      "",
      "0",
      "F32",
      "f32",
      "F33",
      0.5,
      -0,
      1e308,
      [],
      {},
      [[0]],
      ["0", "4"],
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );
}

/** A field or an entry replaced, left out, doubled or renamed. */
export function entryMutations(): Arbitrary<EntryMutation> {
  const index = fc.nat(4);
  return fc.oneof(
    fc
      .record({ index, field: fc.constantFrom("dtype", "shape", "data_offsets"), value: strangeValues() })
      .map(({ index: at, field, value }) =>
        editEntry(at, (entry) => ({ ...asObject(entry), [field]: value })),
      ),
    fc
      .record({ index, bound: fc.nat(1), value: strangeValues() })
      .map(({ index: at, bound, value }) => editEntry(at, (entry) => withBound(entry, bound, value))),
    fc.record({ index, value: strangeValues() }).map(({ index: at, value }) => editEntry(at, () => value)),
    fc
      .record({ index, field: fc.constantFrom("dtype", "shape", "data_offsets") })
      .map(({ index: at, field }) => editEntry(at, (entry) => ({ ...asObject(entry), [field]: undefined }))),
    index.map(
      (at): EntryMutation =>
        (entries) => [...entries, ...entries.slice(at, at + 1)],
    ),
    fc
      .tuple(
        index,
        fc.constantFrom(
          "__metadata__",
          "__proto__",
          "constructor",
          "",
          "a\u0000b",
          "\ud800",
          "x".repeat(300),
        ),
      )
      .map(
        ([at, name]): EntryMutation =>
          (entries) =>
            entries.map((entry, i) => (i === at ? [name, entry[1]] : entry)),
      ),
  );
}

function editEntry(index: number, edit: (value: unknown) => unknown): EntryMutation {
  return (entries) => entries.map(([name, value], at) => [name, at === index ? edit(value) : value]);
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function withBound(entry: unknown, bound: number, value: unknown): unknown {
  const offsets = "data_offsets" in asObject(entry) ? (entry as { data_offsets: unknown }).data_offsets : [];
  const changed = Array.isArray(offsets) ? offsets.slice() : [];
  changed[bound] = value;
  return { ...asObject(entry), data_offsets: changed };
}

/** Something that JSON does not have put into it, or a piece cut out. */
export function textMutations(): Arbitrary<TextMutation> {
  const pieces = fc.constantFrom(
    ...[
      "NaN",
      "Infinity",
      "-",
      ",",
      ":",
      '"',
      "{",
      "}",
      "[",
      "]",
      "\\u0000",
      "\\ud800",
      "\ufeff",
      "\u0000",
      "//",
    ],
    ...[
      "[".repeat(5000),
      '{"a":'.repeat(5000),
      "9".repeat(400),
      "1e999",
      "0x10",
      "01",
      "null",
      " ".repeat(1000),
    ],
  );
  return fc.oneof(
    fc.tuple(fc.nat(), pieces).map(
      ([position, piece]): TextMutation =>
        (text) => {
          const at = position % (text.length + 1);
          return text.slice(0, at) + piece + text.slice(at);
        },
    ),
    fc.tuple(fc.nat(), fc.nat(20)).map(
      ([position, length]): TextMutation =>
        (text) => {
          const at = position % (text.length + 1);
          return text.slice(0, at) + text.slice(at + length);
        },
    ),
  );
}
