/** A value in a pickle. A Python int is a `bigint` if a number cannot hold it exactly. */
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

/** A Python dict, ordered. Keys other than strings and numbers are compared by identity. */
export class PickleDict {
  readonly entries: Map<PickleValue, PickleValue> = new Map();
}

/** A Python set or frozenset. */
export class PickleSet {
  readonly items: PickleValue[] = [];
}

/** A value specific to a kind of pickle: a Python class or function, or its result. */
export abstract class PickleObject {}

/**
 * A known, harmless Python class or function, by name. The name refers to code in this package; Python's code is never
 * reached.
 */
export class PickleGlobal extends PickleObject {
  /** Module and name: `collections.OrderedDict`. */
  readonly name: string;
  /** The result of a call; `undefined` for unexpected arguments. Absent if it is only data. */
  readonly call: ((args: readonly PickleValue[]) => PickleValue | undefined) | undefined;

  constructor(name: string, call?: (args: readonly PickleValue[]) => PickleValue | undefined) {
    super();
    this.name = name;
    this.call = call;
  }
}

/** The number of characters, bytes or items in a value; 1 for other values. */
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
