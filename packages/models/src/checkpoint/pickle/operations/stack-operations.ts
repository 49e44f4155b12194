import type { PickleContext, PickleOperations } from "../pickle-context.ts";
import { parsePythonInteger } from "../python-literals.ts";

const newestProtocol = 5;

/** The stack, the memo and the frame. Comments give the names in Python's `pickletools`. */
export const stackOperations: PickleOperations = {
  // MARK, POP, POP_MARK, DUP
  40: ({ machine }) => machine.mark(),
  48: ({ machine }) => {
    if (machine.hasValue()) machine.pop();
    else machine.popToMark();
  },
  49: ({ machine }) => {
    machine.popToMark();
  },
  50: ({ machine }) => machine.push(machine.top()),
  // PUT, BINPUT, LONG_BINPUT, MEMOIZE
  112: (context) => context.machine.store(readIndex(context)),
  113: ({ machine, reader }) => machine.store(reader.uint8()),
  114: ({ machine, reader }) => machine.store(reader.uint32()),
  148: ({ machine }) => machine.storeNext(),
  // GET, BINGET, LONG_BINGET
  103: (context) => context.machine.load(readIndex(context)),
  104: ({ machine, reader }) => machine.load(reader.uint8()),
  106: ({ machine, reader }) => machine.load(reader.uint32()),
  // PROTO, FRAME
  128: ({ reader }) => {
    const protocol = reader.uint8();
    if (protocol > newestProtocol) {
      throw reader.fault(`pickle protocol ${protocol}`, `at most ${newestProtocol}`);
    }
  },
  149: ({ reader }) => {
    const length = reader.uint64();
    if (length > reader.remaining) {
      throw reader.fault(`a frame of ${length} bytes`, `at most the ${reader.remaining} that are left`);
    }
  },
};

function readIndex({ reader }: PickleContext): number {
  const line = reader.line();
  const index = parsePythonInteger(line);
  if (typeof index !== "number" || index < 0) {
    throw reader.fault(`memo entry ${JSON.stringify(line.slice(0, 80))}`, "a number");
  }
  return index;
}
