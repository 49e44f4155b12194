import fc, { type Arbitrary } from "fast-check";
import type { FuzzInput } from "../fuzz-target.ts";
import { type ByteMutation, byteMutations, extremeNumbers } from "./byte-mutation.ts";
import {
  type EntryMutation,
  entryMutations,
  type HeaderEntry,
  type TextMutation,
  textMutations,
} from "./header-mutation.ts";

/** What is done to a file, in this order. */
interface Mutations {
  readonly entries: readonly EntryMutation[];
  readonly text: readonly TextMutation[];
  /** The length of the header to claim. */
  readonly claimedLength: bigint | undefined;
  readonly bytes: readonly ByteMutation[];
}

const noMutations: Mutations = { entries: [], text: [], claimedLength: undefined, bytes: [] };

const byteSizes = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 },
  ...{ U64: 8, U32: 4, U16: 2, C64: 8, F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1 },
} as const;

/** Safetensors files: a tenth of them good, the others with one to three things wrong in header, text or bytes. */
export const safetensorsFiles: Arbitrary<FuzzInput> = fc
  .record({
    arrays: fc.uniqueArray(
      fc.record({
        name: fc.string({ maxLength: 12 }).filter((name) => name !== "__metadata__"),
        dtype: fc.constantFrom(...(Object.keys(byteSizes) as (keyof typeof byteSizes)[])),
        shape: fc.array(fc.nat(3), { maxLength: 3 }),
      }),
      { maxLength: 4, selector: ({ name }) => name },
    ),
    padding: fc.nat(7),
    hasMetadata: fc.boolean(),
    mutations: fc.oneof(
      { weight: 1, arbitrary: fc.constant(noMutations) },
      { weight: 9, arbitrary: someMutations() },
    ),
  })
  .map(({ arrays, padding, hasMetadata, mutations }) => {
    const entries: HeaderEntry[] = hasMetadata ? [["__metadata__", { format: "pt" }]] : [];
    const contents = new Map<string, Uint8Array>();
    let position = 0;
    for (const { name, dtype, shape } of arrays) {
      const length = shape.reduce((product, dimension) => product * dimension, byteSizes[dtype]);
      entries.push([name, { dtype, shape, data_offsets: [position, position + length] }]);
      contents.set(
        name,
        Uint8Array.from({ length }, (_, index) => (position + index) % 251),
      );
      position += length;
    }
    const mutated = mutations.entries.reduce<readonly HeaderEntry[]>((list, mutate) => mutate(list), entries);
    const header = formatHeader(mutated) + " ".repeat(padding);
    const text = mutations.text.reduce((value, mutate) => mutate(value), header);
    const file = assemble(text, position, mutations.claimedLength);
    const bytes = mutations.bytes.reduce((value, mutate) => mutate(value), file);
    return { bytes, contents: isNothing(mutations) ? contents : undefined };
  });

function someMutations(): Arbitrary<Mutations> {
  const upTo = <Value>(maxLength: number, arbitrary: Arbitrary<Value>) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength }) },
    );
  return fc.record({
    entries: fc.array(entryMutations(), { maxLength: 2 }),
    text: upTo(1, textMutations()),
    claimedLength: fc.option(extremeNumbers(), { freq: 8, nil: undefined }),
    bytes: upTo(2, byteMutations),
  });
}

function isNothing({ entries, text, claimedLength, bytes }: Mutations): boolean {
  return claimedLength === undefined && [entries, text, bytes].every(({ length }) => length === 0);
}

function formatHeader(entries: readonly HeaderEntry[]): string {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? "null"}`).join()}}`;
}

function assemble(text: string, dataLength: number, claimedLength: bigint | undefined): Uint8Array {
  const header = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + header.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(
    0,
    BigInt.asUintN(64, claimedLength ?? BigInt(header.length)),
    true,
  );
  bytes.set(header, 8);
  for (let index = 0; index < dataLength; index += 1) bytes[8 + header.length + index] = index % 251;
  return bytes;
}
