import type { PickleContext, PickleOperations } from "../pickle-context.ts";
import {
  describePickleValue,
  PickleDict,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "../pickle-value.ts";

/** Tuples, lists, dicts and sets. Comments give the names in Python's `pickletools`. */
export const containerOperations: PickleOperations = {
  // EMPTY_TUPLE, TUPLE, TUPLE1, TUPLE2, TUPLE3
  41: ({ machine }) => machine.push(new PickleTuple([])),
  116: ({ machine }) => machine.push(new PickleTuple(machine.popToMark())),
  133: (context) => pushTuple(context, 1),
  134: (context) => pushTuple(context, 2),
  135: (context) => pushTuple(context, 3),
  // EMPTY_LIST, LIST, APPEND, APPENDS
  93: ({ machine }) => machine.push([]),
  108: ({ machine }) => machine.push(machine.popToMark()),
  97: (context) => append(context, [context.machine.pop()]),
  101: (context) => append(context, context.machine.popToMark()),
  // EMPTY_DICT, DICT, SETITEM, SETITEMS
  125: ({ machine }) => machine.push(new PickleDict()),
  100: (context) => {
    const items = context.machine.popToMark();
    context.machine.push(new PickleDict());
    setItems(context, items);
  },
  115: (context) => {
    const value = context.machine.pop();
    setItems(context, [context.machine.pop(), value]);
  },
  117: (context) => setItems(context, context.machine.popToMark()),
  // EMPTY_SET, ADDITEMS, FROZENSET
  143: ({ machine }) => machine.push(new PickleSet()),
  144: (context) => addItems(context, context.machine.popToMark()),
  145: (context) => {
    const items = context.machine.popToMark();
    context.machine.push(new PickleSet());
    addItems(context, items);
  },
};

function pushTuple({ machine }: PickleContext, length: number): void {
  const items: PickleValue[] = [];
  while (items.length < length) items.push(machine.pop());
  machine.push(new PickleTuple(items.reverse()));
}

function append({ machine, reader }: PickleContext, items: readonly PickleValue[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw reader.fault(`items for ${describePickleValue(list)}`, "a list");
  for (const item of items) list.push(item);
}

function setItems({ machine, reader }: PickleContext, items: readonly PickleValue[]): void {
  const dict = machine.top();
  if (!(dict instanceof PickleDict)) throw reader.fault(`entries for ${describePickleValue(dict)}`, "a dict");
  if (items.length % 2 !== 0) throw reader.fault("a key without a value", "both");
  for (let index = 0; index < items.length; index += 2) {
    dict.entries.set(items[index] as PickleValue, items[index + 1] as PickleValue);
  }
}

function addItems({ machine, reader }: PickleContext, items: readonly PickleValue[]): void {
  const set = machine.top();
  if (!(set instanceof PickleSet)) throw reader.fault(`members for ${describePickleValue(set)}`, "a set");
  for (const item of items) set.items.push(item);
}
