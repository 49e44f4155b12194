import type { WorkerFailure } from "./worker-calls.ts";

/** What an error says, in a form that crosses threads. */
export function describeFailure(stage: WorkerFailure["stage"], error: unknown): WorkerFailure {
  // Told by its fields: what a native library throws may be of another realm.
  const { message, code } = Object(error) as { readonly message?: unknown; readonly code?: unknown };
  return {
    stage,
    message: typeof message === "string" ? message : String(error),
    code: typeof code === "string" ? code : undefined,
  };
}
