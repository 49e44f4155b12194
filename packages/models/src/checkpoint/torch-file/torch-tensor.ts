import type { DType } from "@onestep/graph";
import { PickleGlobal, PickleObject } from "../pickle/pickle-value.ts";

/** A class of torch that names the element type of a storage: `torch.FloatStorage`. */
export class TorchStorageType extends PickleGlobal {
  /** `undefined` for bytes of which the tensor says what they are. */
  readonly dtype: DType | undefined;

  constructor(name: string, dtype: DType | undefined) {
    super(name);
    this.dtype = dtype;
  }
}

/** An element type as a value: `torch.float8_e4m3fn`. */
export class TorchDataType extends PickleGlobal {
  readonly dtype: DType;

  constructor(dtype: DType) {
    super(`torch.${dtype}`);
    this.dtype = dtype;
  }
}

/** A tensor whose elements do not lie in a row: sparse, nested, on the device "meta". */
export class LeftOutTensor extends PickleObject {
  /** As torch calls it: `sparse_coo`. */
  readonly kind: string;

  constructor(kind: string) {
    super();
    this.kind = kind;
  }
}

/** Numbers in a row, in an entry of the zip file of their own. Several tensors can be views into one. */
export class TorchStorage extends PickleObject {
  readonly dtype: DType;
  /** Name of the entry in the folder `data`. */
  readonly key: string;
  /** How many elements. */
  readonly size: number;

  constructor(dtype: DType, key: string, size: number) {
    super();
    this.dtype = dtype;
    this.key = key;
    this.size = size;
  }
}

/** A tensor: a view into a storage. Nothing of it was checked against the storage. */
export class TorchTensor extends PickleObject {
  readonly storage: TorchStorage;
  /** Its first element in the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** How many elements of the storage one step in each dimension takes. */
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}
