import { type DType, dtypes, numberFormats } from "@onestep/graph";
import type { PickleWorld } from "../pickle/pickle-context.ts";
import {
  PickleDict,
  PickleGlobal,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "../pickle/pickle-value.ts";
import { LeftOutTensor, TorchDataType, TorchStorage, TorchStorageType, TorchTensor } from "./torch-tensor.ts";

/** torch's classes of storage, by name. */
const storageTypes: readonly (readonly [string, DType])[] = dtypes.flatMap((dtype) => {
  const { torchStorage } = numberFormats[dtype];
  return torchStorage === undefined ? [] : [[torchStorage, dtype] as const];
});

/** Array types without a torch storage class: the array gives the type of its bytes. */
const untypedTypes: readonly DType[] = dtypes.filter(
  (dtype) => numberFormats[dtype].torchStorage === undefined && !dtype.startsWith("float6_"),
);

/** Types as values: `torch.float32` in a checkpoint's metadata. */
const dataTypes = [
  ...["float64", "float32", "float16", "bfloat16", "complex64", "complex128", "bool"],
  ...["int64", "int32", "int16", "int8", "uint8"],
  ...["qint8", "quint8", "qint32", "per_tensor_affine", "per_channel_affine"],
];

/** Maximum number of dimensions of a torch tensor. */
const maximumDimensions = 64;

type Call = (args: readonly PickleValue[]) => PickleValue | undefined;

const calls: Readonly<Record<string, Call>> = {
  "collections.OrderedDict": makeOrderedDict,
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildUntypedTensor,
  "torch._utils._rebuild_qtensor": rebuildTensor,
  "torch._utils._rebuild_sparse_tensor": ([layout]) =>
    new LeftOutTensor(typeof layout === "string" ? layout.replace("torch.", "") : "sparse"),
  "torch._utils._rebuild_sparse_csr_tensor": () => new LeftOutTensor("sparse_csr"),
  "torch._utils._rebuild_nested_tensor": () => new LeftOutTensor("nested"),
  "torch._utils._rebuild_meta_tensor_no_storage": () => new LeftOutTensor("meta"),
  "torch.serialization._get_layout": ([name]) => (typeof name === "string" ? name : undefined),
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch._utils._rebuild_parameter_with_state": rebuildParameter,
  "torch._tensor._rebuild_from_type_v2": rebuildFromType,
  "torch.Size": makeTuple,
  "torch.device": (args) => new PickleTuple(args),
  "_codecs.encode": encodeLatin1,
  "builtins.set": makeSet,
  "builtins.frozenset": makeSet,
  "builtins.bytes": makeBytes,
  "builtins.bytearray": makeBytes,
  "builtins.complex": (args) => new PickleTuple(args),
};

const classes = ["torch.Tensor", "torch.nn.parameter.Parameter", ...dataTypes.map((type) => `torch.${type}`)];

const globals: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...Object.entries(calls).map(([name, call]) => new PickleGlobal(name, call)),
    ...classes.map((name) => new PickleGlobal(name)),
    ...storageTypes.map(([name, type]) => new TorchStorageType(`torch.${name}`, type)),
    ...untypedTypes.map((type) => new TorchDataType(type)),
    new TorchStorageType("torch.storage.UntypedStorage", undefined),
  ].map((known) => [known.name, known]),
);

/**
 * What a `torch.save` pickle may name: the classes and functions of a state dict (a subset of the list in torch's
 * `_weights_only_unpickler.py`), and references to storages.
 */
export const torchWorld: PickleWorld = {
  findGlobal(module, name) {
    // A dotted name could reach any attribute of a known class.
    if (name.includes(".")) return undefined;
    return globals.get(`${module === "__builtin__" ? "builtins" : module}.${name}`);
  },

  loadPersistent(id) {
    if (!(id instanceof PickleTuple) || id.items.length !== 5) return undefined;
    const [kind, type, key, _location, size] = id.items;
    const isStorage = kind === "storage" && type instanceof TorchStorageType && typeof key === "string";
    if (!isStorage || !isCount(size)) return undefined;
    return new TorchStorage(type.dtype ?? "uint8", key, size);
  },
};

/** Arguments: storage, offset, shape, strides, and training-only values. */
function rebuildTensor(args: readonly PickleValue[]): TorchTensor | undefined {
  const [storage, offset, shape, strides] = args;
  const isTensor =
    storage instanceof TorchStorage &&
    isCount(offset) &&
    shape instanceof PickleTuple &&
    strides instanceof PickleTuple &&
    shape.items.length <= maximumDimensions &&
    shape.items.length === strides.items.length;
  if (!isTensor || !shape.items.every(isCount) || !strides.items.every(isCount)) return undefined;
  return new TorchTensor(storage, offset, shape.items as number[], strides.items as number[]);
}

/** Like {@link rebuildTensor}, for a storage of bytes; their type follows the training-only values. */
function rebuildUntypedTensor(args: readonly PickleValue[]): TorchTensor | undefined {
  const type = args[6];
  const tensor = rebuildTensor(args);
  if (tensor === undefined || !(type instanceof TorchDataType)) return undefined;
  const { storage, offset, shape, strides } = tensor;
  const size = storage.size / numberFormats[type.dtype].bytes;
  if (storage.dtype !== "uint8" || !Number.isSafeInteger(size)) return undefined;
  return new TorchTensor(new TorchStorage(type.dtype, storage.key, size), offset, shape, strides);
}

/** A parameter is its tensor. The other arguments matter only for training. */
function rebuildParameter([tensor]: readonly PickleValue[]): PickleValue | undefined {
  return tensor instanceof TorchTensor || tensor instanceof LeftOutTensor ? tensor : undefined;
}

/** A tensor with custom attributes, which are dropped. Arguments: function, class, arguments, state. */
function rebuildFromType([callee, type, args]: readonly PickleValue[]): PickleValue | undefined {
  const isKnown =
    callee instanceof PickleGlobal &&
    callee.name.startsWith("torch._utils.") &&
    type instanceof PickleGlobal &&
    args instanceof PickleTuple;
  return isKnown ? callee.call?.(args.items) : undefined;
}

/** From nothing, or from a list of pairs. */
function makeOrderedDict(args: readonly PickleValue[]): PickleDict | undefined {
  const dict = new PickleDict();
  const [pairs = []] = args;
  if (args.length > 1 || !Array.isArray(pairs)) return undefined;
  for (const pair of pairs) {
    const items = pair instanceof PickleTuple ? pair.items : pair;
    if (!Array.isArray(items) || items.length !== 2) return undefined;
    dict.entries.set(items[0] as PickleValue, items[1] as PickleValue);
  }
  return dict;
}

function makeTuple([items = new PickleTuple([])]: readonly PickleValue[]): PickleTuple | undefined {
  if (items instanceof PickleTuple) return items;
  return Array.isArray(items) ? new PickleTuple(items) : undefined;
}

function makeSet([items = []]: readonly PickleValue[]): PickleSet | undefined {
  const members = items instanceof PickleTuple ? items.items : items;
  if (!Array.isArray(members)) return undefined;
  const set = new PickleSet();
  for (const member of members) set.items.push(member);
  return set;
}

function makeBytes([content = new Uint8Array(0), encoding]: readonly PickleValue[]): Uint8Array | undefined {
  if (content instanceof Uint8Array) return content;
  return encodeLatin1([content, encoding ?? null]);
}

/** How protocols before 3 write bytes: as text, with a call to decode it. */
function encodeLatin1([text, encoding]: readonly PickleValue[]): Uint8Array | undefined {
  if (typeof text !== "string" || (encoding !== "latin1" && encoding !== "latin-1")) return undefined;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return [...text].every((character) => character.charCodeAt(0) < 256) ? bytes : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
