import { elementCount } from "@onestep/core/internal";
import { stateDictPart, type TensorPart, type TorchFileOptions, torchFileBytes } from "@onestep/torch-files";
import fc, { type Arbitrary } from "fast-check";
import type { FuzzInput } from "../fuzz-target.ts";
import { type ByteMutation, byteMutations } from "./byte-mutation.ts";
import { type PickleMutation, pickleMutations } from "./pickle-mutation.ts";
import { type ZipMutation, zipMutations } from "./zip-mutation.ts";

/** A tensor of a file, honest as long as nothing else is done to it. */
interface DrawnTensor {
  readonly name: string;
  readonly storageType: keyof typeof byteSizes;
  readonly shape: readonly number[];
  /** Elements of the storage before and behind the tensor's. */
  readonly margins: readonly [before: number, behind: number];
}

/** What is done to a file, in this order. */
interface Mutations {
  /** Claims of the tensor of an index that are not true. */
  readonly tensors: readonly (readonly [number, Partial<TensorPart>])[];
  readonly pickle: readonly PickleMutation[];
  readonly zip: readonly ZipMutation[];
  readonly bytes: readonly ByteMutation[];
}

const noMutations: Mutations = { tensors: [], pickle: [], zip: [], bytes: [] };

const byteSizes = {
  DoubleStorage: 8,
  FloatStorage: 4,
  HalfStorage: 2,
  BFloat16Storage: 2,
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
} as const;

/** Files of torch.save: a tenth of them good, the others with something wrong in tensors, pickle, zip or bytes. */
export const torchFiles: Arbitrary<FuzzInput> = fc
  .record({
    tensors: fc.uniqueArray(
      fc.record<DrawnTensor>({
        name: fc.string({ minLength: 1, maxLength: 12 }),
        storageType: fc.constantFrom(...(Object.keys(byteSizes) as (keyof typeof byteSizes)[])),
        shape: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
        margins: fc.tuple(fc.nat(2), fc.nat(2)),
      }),
      { minLength: 1, maxLength: 4, selector: ({ name }) => name },
    ),
    root: fc.constantFrom("model", "archive", "cd imagenet64"),
    mutations: fc.oneof(
      { weight: 1, arbitrary: fc.constant(noMutations) },
      { weight: 9, arbitrary: someMutations() },
    ),
  })
  .map(({ tensors, root, mutations }) => {
    const storages: Record<string, Uint8Array> = {};
    const parts: Record<string, TensorPart> = Object.create(null);
    const contents = new Map<string, Uint8Array>();
    for (const [index, { name, storageType, shape, margins }] of tensors.entries()) {
      const [before, behind] = margins;
      const width = byteSizes[storageType];
      const count = elementCount(shape);
      const elements = before + count + behind;
      const storage = Uint8Array.from({ length: elements * width }, (_, byte) => (31 * index + byte) % 251);
      const lies = mutations.tensors.filter(([at]) => at === index).map(([, claims]) => claims);
      storages[index] = storage;
      parts[name] = Object.assign(
        { shape, storageType, key: `${index}`, elements, offset: before },
        ...lies,
      ) as TensorPart;
      contents.set(name, storage.subarray(before * width, (before + count) * width));
    }
    const pickle = mutations.pickle.reduce((bytes, mutate) => mutate(bytes), toBytes(stateDictPart(parts)));
    const options = mutations.zip.reduce<TorchFileOptions>((value, mutate) => mutate(value), {
      storages,
      root,
    });
    const file = torchFileBytes(pickle, options);
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
    tensors: upTo(2, fc.tuple(fc.nat(3), lies())),
    pickle: upTo(2, pickleMutations()),
    zip: upTo(2, zipMutations()),
    bytes: upTo(2, byteMutations),
  });
}

function lies(): Arbitrary<Partial<TensorPart>> {
  const number = fc.oneof(fc.integer({ min: -2, max: 9 }), fc.constantFrom(2 ** 31 - 1, 2 ** 16, -(2 ** 31)));
  return fc.record(
    {
      shape: fc.array(number, { maxLength: 4 }),
      strides: fc.array(number, { maxLength: 4 }),
      offset: number,
      elements: number,
      storageType: fc.constantFrom("FloatStorage", "ComplexFloatStorage", "QInt8Storage", "UntypedStorage"),
      key: fc.constantFrom("0", "1", "9", "", "../version", "0/../1", "__proto__"),
    },
    { requiredKeys: [] },
  );
}

function toBytes(part: Uint8Array | string): Uint8Array {
  return typeof part === "string" ? Uint8Array.from(part, (character) => character.charCodeAt(0)) : part;
}

function isNothing(mutations: Mutations): boolean {
  return Object.values(mutations).every((list) => list.length === 0);
}
