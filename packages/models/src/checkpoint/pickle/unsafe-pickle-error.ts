import { CheckpointError } from "../checkpoint-error.ts";

/**
 * A pickle asks for something that saved arrays do not need: a function to call, a class to make, an attribute to set.
 * Nothing of it was run, and nothing ever is.
 */
export class UnsafePickleError extends CheckpointError {
  static override readonly code: string = "unsafe-pickle";
}
