import type { DType } from "@onestep/graph";
import { PickleGlobal, PickleObject } from "../pickle/pickle-value.ts";

/** A torch class that gives a storage's element type: `torch.FloatStorage`. */
export class TorchStorageType extends PickleGlobal {
  /** `undefined` for untyped bytes, whose type is given by the tensor. */
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

/** A tensor without plain storage: sparse, nested, or on the "meta" device. */
export class LeftOutTensor extends PickleObject {
  /** As torch calls it: `sparse_coo`. */
  readonly kind: string;

  constructor(kind: string) {
    super();
    this.kind = kind;
  }
}

/** A flat array of numbers in its own zip entry. Several tensors can be views of one storage. */
export class TorchStorage extends PickleObject {
  readonly dtype: DType;
  /** Name of the entry in the folder `data`. */
  readonly key: string;
  /** Number of elements. */
  readonly size: number;

  constructor(dtype: DType, key: string, size: number) {
    super();
    this.dtype = dtype;
    this.key = key;
    this.size = size;
  }
}

/** A tensor: a view of a storage, not yet checked against it. */
export class TorchTensor extends PickleObject {
  readonly storage: TorchStorage;
  /** Its first element in the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Strides, in storage elements. */
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}
