import type { RetryOptions } from "../repository.ts";

/** The error that a call or promise throws; fails if it throws nothing. */
export async function caught(work: Promise<unknown> | (() => unknown)): Promise<Error> {
  let result: unknown;
  try {
    result = await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`threw ${String(error)}, which is not an Error`);
  }
  throw new Error(`expected an error, got ${String(result)}`);
}

/** Two immediate retries. */
export const quickRetries: RetryOptions = { maxRetries: 2, baseWaitTime: 0.001, maxWaitTime: 0.001 };
