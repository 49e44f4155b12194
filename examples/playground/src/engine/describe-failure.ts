import { OnestepError } from "onestep";
import type { Failure } from "./messages.ts";
import { MisfitError } from "./misfit-error.ts";

/** Converts an error to a form that can be sent from a worker, with the parts that the page shows. */
export function describeFailure(error: unknown): Failure {
  if (OnestepError.isInstance(error)) {
    const { name, code, message, problem } = error;
    return {
      name,
      code,
      param: undefined,
      message,
      problem: problem === undefined ? undefined : { ...problem },
    };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return {
    name,
    code: undefined,
    param: undefined,
    message,
    problem: error instanceof MisfitError ? error.problem : undefined,
  };
}
