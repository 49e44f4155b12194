/** What a pickle can hold. Python's int is a `bigint` where a number cannot hold it exactly. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleSet
  | PickleObject;

/** A Python tuple. (A list is an array.) */
export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** A Python dict, ordered. Keys that are neither text nor numbers are told apart by identity. */
export class PickleDict {
  readonly entries: Map<PickleValue, PickleValue> = new Map();
}

/** A Python set or frozenset. */
export class PickleSet {
  readonly items: PickleValue[] = [];
}

/** What only the reader of a kind of pickles knows: a class or function of Python, or what one made. */
export abstract class PickleObject {}

/**
 * A class or function of Python by name, known and harmless. The name stands for a piece of this program; there is no
 * way from it to Python's.
 */
export class PickleGlobal extends PickleObject {
  /** Module and name: `collections.OrderedDict`. */
  readonly name: string;
  /** What a call makes; `undefined` where the arguments are not those that it takes. Absent where it is data alone. */
  readonly call: ((args: readonly PickleValue[]) => PickleValue | undefined) | undefined;

  constructor(name: string, call?: (args: readonly PickleValue[]) => PickleValue | undefined) {
    super();
    this.name = name;
    this.call = call;
  }
}

/** How many characters, bytes or items a value has; 1 for what has none. */
export function sizeOfPickleValue(value: PickleValue): number {
  if (typeof value === "string" || value instanceof Uint8Array || Array.isArray(value)) return value.length;
  if (value instanceof PickleTuple || value instanceof PickleSet) return value.items.length;
  return value instanceof PickleDict ? value.entries.size : 1;
}

/** A value in a few words, for messages. */
export function describePickleValue(value: PickleValue): string {
  if (value === null) return "None";
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value !== "object") return String(value);
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (value instanceof PickleDict) return `a dict of ${value.entries.size}`;
  if (value instanceof PickleSet) return `a set of ${value.items.length}`;
  return "an object";
}
