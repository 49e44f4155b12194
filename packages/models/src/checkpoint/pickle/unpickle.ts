import { CheckpointError } from "../../errors.ts";
import { containerOperations } from "./operations/container-operations.ts";
import { objectOperations } from "./operations/object-operations.ts";
import { stackOperations } from "./operations/stack-operations.ts";
import { valueOperations } from "./operations/value-operations.ts";
import type { PickleOperations, PickleWorld } from "./pickle-context.ts";
import { PickleMachine } from "./pickle-machine.ts";
import { PickleReader } from "./pickle-reader.ts";
import type { PickleValue } from "./pickle-value.ts";

/** Maximum size of a pickle. A state dict takes some 150 bytes per array. */
export const maximumPickleBytes: number = 32 * 1024 * 1024;

/** Maximum operations in a pickle. A state dict takes some 45 per array. */
const maximumOperations = 3_000_000;

const stop = 0x2e;

const operations: PickleOperations = {
  ...valueOperations,
  ...containerOperations,
  ...stackOperations,
  ...objectOperations,
};

/**
 * Reads a Python pickle (protocols 0 to 5) as data. A pickle is a program for a small virtual machine; this one creates only
 * numbers, strings and containers. It knows only the Python classes and functions that `world` provides, implemented in
 * this package.
 *
 * @param subject - Names the pickle in messages.
 * @throws UnsafePickleError if it names anything else, calls something not callable, or sets attributes.
 * @throws CheckpointError if it is damaged, or exceeds {@link maximumPickleBytes} or 3 million operations.
 */
export function unpickle(subject: string, bytes: Uint8Array, world: PickleWorld): PickleValue {
  if (bytes.length > maximumPickleBytes) {
    throw tooLarge(subject, `${bytes.length} bytes`, `at most ${maximumPickleBytes}`);
  }
  const reader = new PickleReader(subject, bytes);
  const machine = new PickleMachine(reader);
  const context = { reader, machine, world };
  for (let count = 0; count < maximumOperations; count += 1) {
    const code = reader.uint8();
    if (code === stop) return finish(reader, machine);
    const operation = operations[code];
    if (operation === undefined) {
      throw reader.fault(`byte 0x${code.toString(16).padStart(2, "0")}`, "an operation of a pickle");
    }
    operation(context);
  }
  throw tooLarge(subject, `more than ${maximumOperations} operations`, "fewer");
}

function finish(reader: PickleReader, machine: PickleMachine): PickleValue {
  const value = machine.pop();
  if (reader.remaining > 0) throw reader.fault(`${reader.remaining} bytes behind the end`, "none");
  return value;
}

function tooLarge(subject: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    subject,
    found,
    expected,
    remedy: "This is more than any state dict takes: save the weights alone, as safetensors.",
  });
}
