import type { WorkerFailure } from "./worker-calls.ts";

/** What an error says, in a form that crosses threads. */
export function describeFailure(stage: WorkerFailure["stage"], error: unknown): WorkerFailure {
  if (!(error instanceof Error)) return { stage, message: String(error), code: undefined };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { stage, message: error.message, code };
}
