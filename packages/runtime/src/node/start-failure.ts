import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";

/** The message of an error, of whatever realm. */
export function describeError(error: unknown): string {
  const message = (error as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === "string" ? message : String(error);
}

/** The typed error where Node's permission model refuses what inference needs; other errors as they are. */
export function refusedByPermissions(error: unknown, what: string, flag: string): unknown {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  if (code !== "ERR_ACCESS_DENIED") return error;
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
