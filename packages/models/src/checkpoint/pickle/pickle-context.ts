import type { PickleMachine } from "./pickle-machine.ts";
import type { PickleReader } from "./pickle-reader.ts";
import type { PickleGlobal, PickleValue } from "./pickle-value.ts";

/** External references known to the reader of a kind of pickle. */
export interface PickleWorld {
  /** A known, harmless Python class or function; `undefined` for any other. */
  findGlobal(module: string, name: string): PickleGlobal | undefined;
  /** Resolves a persistent id, a reference to something outside the pickle; `undefined` if unknown. */
  loadPersistent(id: PickleValue): PickleValue | undefined;
}

/** The state that pickle operations work on. */
export interface PickleContext {
  readonly reader: PickleReader;
  readonly machine: PickleMachine;
  readonly world: PickleWorld;
}

/** One opcode of a pickle. */
export type PickleOperation = (context: PickleContext) => void;

/** Operations by opcode. */
export type PickleOperations = Readonly<Record<number, PickleOperation>>;
