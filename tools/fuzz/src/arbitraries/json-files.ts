import fc, { type Arbitrary } from "fast-check";
import type { FuzzInput } from "../fuzz-target.ts";
import { type ByteMutation, byteMutations } from "./byte-mutation.ts";
import { strangeValues, type TextMutation, textMutations } from "./header-mutation.ts";

/** A JSON object of a checkpoint. */
export type JsonDocument = Readonly<Record<string, unknown>>;

type FieldMutation = (document: JsonDocument) => JsonDocument;

/**
 * JSON files: a tenth of them good, the others with one to three things wrong in fields, text or bytes.
 *
 * @param documents - Good ones.
 * @param values - What else to put into a field than what is strange everywhere.
 */
export function jsonFiles(
  documents: readonly JsonDocument[],
  values: Arbitrary<unknown> = fc.constant(null),
): Arbitrary<FuzzInput> {
  const some = <Value>(maxLength: number, arbitrary: Arbitrary<Value>): Arbitrary<readonly Value[]> =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength }) },
    );
  const damage = fc.record({
    fields: fc.array(fieldMutations(values), { minLength: 1, maxLength: 3 }),
    texts: some<TextMutation>(1, textMutations()),
    bytes: some<ByteMutation>(1, byteMutations),
  });
  return fc
    .record({
      document: fc.constantFrom(...documents),
      mutations: fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 9, arbitrary: damage }),
    })
    .map(({ document, mutations }) => {
      const { fields = [], texts = [], bytes = [] } = mutations ?? {};
      const changed = fields.reduce((value, mutate) => mutate(value), document);
      const text = texts.reduce((value, mutate) => mutate(value), JSON.stringify(changed, undefined, 2));
      const file = bytes.reduce<Uint8Array>((value, mutate) => mutate(value), new TextEncoder().encode(text));
      return { bytes: file, contents: mutations === undefined ? new Map() : undefined };
    });
}

/** A field, or one within it, that is something else, that is missing, or that is called otherwise. */
function fieldMutations(values: Arbitrary<unknown>): Arbitrary<FieldMutation> {
  const anything = fc.oneof(strangeValues(), values);
  const replaced = fc.tuple(fc.nat(), anything).map(
    ([at, value]): FieldMutation =>
      (document) =>
        editField(document, at, () => [value]),
  );
  const inner = fc.tuple(fc.nat(), fc.nat(), anything).map(
    ([at, innerAt, value]): FieldMutation =>
      (document) =>
        editField(document, at, (field) => [replaceWithin(field, innerAt, value)]),
  );
  const missing = fc.nat().map(
    (at): FieldMutation =>
      (document) =>
        editField(document, at, () => []),
  );
  const renamed = fc
    .tuple(fc.nat(), fc.constantFrom("__proto__", "constructor", "", "_class_name", "weight_map"))
    .map(
      ([at, name]): FieldMutation =>
        (document) =>
          editField(document, at, (field) => [field], name),
    );
  return fc.oneof({ weight: 4, arbitrary: replaced }, { weight: 4, arbitrary: inner }, missing, renamed);
}

function editField(
  document: JsonDocument,
  at: number,
  edit: (field: unknown) => readonly unknown[],
  newName?: string,
): JsonDocument {
  const entries = Object.entries(document);
  const index = at % Math.max(1, entries.length);
  const edited = entries.flatMap(([name, field], position): [string, unknown][] =>
    position === index ? edit(field).map((value) => [newName ?? name, value]) : [[name, field]],
  );
  return Object.fromEntries(edited);
}

function replaceWithin(field: unknown, at: number, value: unknown): unknown {
  if (Array.isArray(field)) return field.map((item, index) => (index === at % field.length ? value : item));
  if (typeof field !== "object" || field === null) return value;
  return editField(field as JsonDocument, at, () => [value]);
}
