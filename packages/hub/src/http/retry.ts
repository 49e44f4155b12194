import { InvalidArgumentError } from "@onestep/core";
import { ConnectionError, isOutage } from "../errors.ts";
import type { RetryOptions } from "../repository.ts";
import { isCut } from "./connection-failure.ts";

/**
 * {@link RetryOptions} with all defaults filled in. They are applied as follows:
 *
 * - `withRetries` repeats a request after an outage (see `isOutage`), and waits in between as `waitBeforeRetry` says;
 *   twice at most if the server cannot be reached at all.
 * - `retryWhenCut` is for requests with a copy in the cache to fall back on: they are not repeated, except at once where
 *   the server cut the connection.
 * - `receiveFile` counts the failures of one download by the same rules, and starts counting again after each connection
 *   that brought at least 1 MiB.
 */
export type RetryPolicy = { readonly [Name in keyof RetryOptions]-?: number };

/** As huggingface_hub (2.0, `utils/_http.py`, `http_backoff`). */
const defaults: RetryPolicy = { maxRetries: 5, baseWaitTime: 1, maxWaitTime: 8 };

const largest = { maxRetries: 1000, baseWaitTime: 3600, maxWaitTime: 3600 };

/** No retries. */
export const noRetries: RetryPolicy = { ...defaults, maxRetries: 0 };

/** Fills in the defaults. @throws InvalidArgumentError if a number is out of range. */
export function resolveRetryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { maxRetries, baseWaitTime, maxWaitTime } = defaults;
  return {
    maxRetries: checkNumber("maxRetries", options.maxRetries ?? maxRetries),
    baseWaitTime: checkNumber("baseWaitTime", options.baseWaitTime ?? baseWaitTime),
    maxWaitTime: checkNumber("maxWaitTime", options.maxWaitTime ?? maxWaitTime),
  };
}

function checkNumber(name: keyof RetryPolicy, value: number): number {
  const isWhole = name !== "maxRetries" || Number.isInteger(value);
  if (isWhole && value >= 0 && value <= largest[name]) return value;
  throw new InvalidArgumentError({
    subject: `option retry.${name}`,
    found: String(value),
    expected: `${name === "maxRetries" ? "a whole number" : "a number of seconds"} from 0 to ${largest[name]}`,
    remedy: "Correct it, or leave it out for the default.",
  });
}

/** If a server asks to wait for longer than this, its error is thrown at once. */
const longestRetryAfter = 120;

/** How often to retry if the server cannot be reached at all, so that a user who is offline learns it soon. */
const unreachableRetries = 2;

/**
 * How many seconds to wait before the next try; `undefined` if there should be none.
 *
 * The wait doubles from try to try up to a limit, and is shortened by up to a half at random, so that many clients do
 * not come back at the same moment. What the server asks for (`Retry-After`) is respected.
 *
 * @param failures - How often it failed before this time.
 */
export function waitBeforeRetry(error: unknown, failures: number, policy: RetryPolicy): number | undefined {
  if (!isOutage(error) || failures >= policy.maxRetries) return undefined;
  const wait = Math.min(policy.baseWaitTime * 2 ** failures, policy.maxWaitTime) * (0.5 + Math.random() / 2);
  if (ConnectionError.isInstance(error)) return error.retry === "never" ? undefined : wait;
  const asked = error.retryAfterSeconds ?? 0;
  return asked > longestRetryAfter ? undefined : Math.max(wait, asked);
}

/** The policy before the server has responded at all: fewer retries if it cannot be reached. */
export function policyBeforeContact(error: unknown, policy: RetryPolicy): RetryPolicy {
  const isUnreachable = ConnectionError.isInstance(error) && error.retry === "perhaps";
  return isUnreachable ? { ...policy, maxRetries: Math.min(policy.maxRetries, unreachableRetries) } : policy;
}

/**
 * Sends a request, and retries it if the server is unreachable or failing.
 *
 * @throws What the last try throws; the reason of `signal`.
 */
export async function withRetries<Result>(
  work: () => Promise<Result>,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
): Promise<Result> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const wait = waitBeforeRetry(error, failures, policyBeforeContact(error, policy));
      if (wait === undefined) throw error;
      await pause(wait, signal);
    }
  }
}

const tries = 3;

/**
 * Sends a request, and repeats it immediately if the server cut the connection. For requests that are otherwise sent
 * only once: a server may close a kept-alive connection at the very moment the next request is sent, which says nothing
 * about the server's state.
 *
 * @throws What the last try throws.
 */
export async function retryWhenCut<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (failures === tries || !isCut(error)) throw error;
    }
  }
}

/** Waits. @throws The reason of `signal`, as soon as it is aborted. */
export function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
