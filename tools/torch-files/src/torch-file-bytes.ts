import { op, type PicklePart, pickleBytes } from "./pickle-bytes.ts";
import { type ZipEndPart, type ZipPart, zipBytes } from "./zip-bytes.ts";

/** A tensor for a torch file. Omitted fields default to a whole float32 tensor in its own storage. */
export interface TensorPart {
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly storageType?: string;
  readonly key: string;
  /** How many elements the storage is said to have. */
  readonly elements?: number;
}

/** The parts of a torch file other than its tensors. */
export interface TorchFileOptions {
  /** Contents of the storages, by key. */
  readonly storages?: Readonly<Record<string, Uint8Array>>;
  /** Contents of the records, by name; `null` for none. */
  readonly records?: Readonly<Record<string, string | null>>;
  /** Changes of an entry, by its name without the folder. */
  readonly changes?: Readonly<Record<string, Partial<ZipPart>>>;
  readonly end?: ZipEndPart;
  readonly root?: string;
}

/** The operations that make a tensor. */
export function tensorPart(tensor: TensorPart): PicklePart {
  const { shape, offset = 0, storageType = "FloatStorage", key } = tensor;
  const count = shape.reduce((product, size) => product * size, 1);
  const strides = tensor.strides ?? rowMajorStrides(shape);
  const storage = op.persistent(
    op.tuple(
      op.text("storage"),
      op.global("torch", storageType),
      op.text(key),
      op.text("cpu"),
      op.int(tensor.elements ?? count),
    ),
  );
  return op.call(
    op.global("torch._utils", "_rebuild_tensor_v2"),
    storage,
    op.int(offset),
    op.tuple(...shape.map(op.int)),
    op.tuple(...strides.map(op.int)),
    op.false,
    op.call(op.global("collections", "OrderedDict")),
  );
}

/** The operations that make a state dict. */
export function stateDictPart(tensors: Readonly<Record<string, PicklePart | TensorPart>>): PicklePart {
  const entries = Object.entries(tensors).flatMap(([name, tensor]) => [
    op.text(name),
    typeof tensor === "object" && "shape" in tensor ? tensorPart(tensor) : (tensor as PicklePart),
  ]);
  return op.dict(...entries);
}

/** The bytes of a file as torch.save writes it: the pickle, the records, the storages. */
export function torchFileBytes(content: PicklePart, options: TorchFileOptions = {}): Uint8Array {
  const { storages = {}, changes = {}, root = "model" } = options;
  const records = { byteorder: "little", version: "3\n", ...options.records };
  const entries: Record<string, Uint8Array> = { "data.pkl": pickleBytes(op.protocol(2), content) };
  for (const [name, record] of Object.entries(records)) {
    if (record !== null) entries[name] = new TextEncoder().encode(record);
  }
  for (const [key, bytes] of Object.entries(storages)) entries[`data/${key}`] = bytes;
  const parts = Object.entries(entries).map(([name, bytes]) => ({
    name: `${root}/${name}`,
    content: bytes,
    ...changes[name],
  }));
  return zipBytes(parts, options.end);
}

function rowMajorStrides(shape: readonly number[]): readonly number[] {
  return shape.map((_size, dimension) =>
    shape.slice(dimension + 1).reduce((product, size) => product * size, 1),
  );
}
