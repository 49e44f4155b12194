import { errorCode } from "@onestep/core";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";

/** The typed error where Node's permission model refuses what inference needs; other errors as they are. */
export function refusedByPermissions(error: unknown, what: string, flag: string): unknown {
  if (errorCode(error) !== "ERR_ACCESS_DENIED") return error;
  return new MissingRuntimeError(
    {
      subject: "inference worker",
      found: `a process that may not start ${what}, by Node's permission model`,
      expected: `the flag ${flag}`,
      remedy: `Start Node with ${flag}; a model also needs --allow-addons, and --allow-fs-read for its files.`,
    },
    { cause: error },
  );
}
