import type { PickleMachine } from "./pickle-machine.ts";
import type { PickleReader } from "./pickle-reader.ts";
import type { PickleGlobal, PickleValue } from "./pickle-value.ts";

/** What the reader of a kind of pickles knows of the world outside of them. */
export interface PickleWorld {
  /** A class or function of Python that is known and harmless; `undefined` for every other. */
  findGlobal(module: string, name: string): PickleGlobal | undefined;
  /** What a persistent id, a reference to something outside of the pickle, stands for; `undefined` for no known one. */
  loadPersistent(id: PickleValue): PickleValue | undefined;
}

/** What the operations of a pickle work on. */
export interface PickleContext {
  readonly reader: PickleReader;
  readonly machine: PickleMachine;
  readonly world: PickleWorld;
}

/** What one byte of a pickle tells its reader to do. */
export type PickleOperation = (context: PickleContext) => void;

/** Operations by their byte. */
export type PickleOperations = Readonly<Record<number, PickleOperation>>;
