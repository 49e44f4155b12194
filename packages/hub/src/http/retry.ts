import { ConnectionError } from "../errors/connection-error.ts";
import { isOutage } from "../errors/is-outage.ts";
import { pause } from "./pause.ts";
import type { RetryPolicy } from "./retry-policy.ts";

/** Where a server asks for more time than this, its error is passed on at once, with the time in it. */
const longestRetryAfter = 120;

/** How often to knock at a door where there is no answer at all: who is offline should not wait for long to hear it. */
const unreachableRetries = 2;

/**
 * How many seconds to wait before the next try; `undefined` where there should be none.
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

/** How often to ask again where nothing of a server has been seen yet: less often where there is no way to it. */
export function policyBeforeContact(error: unknown, policy: RetryPolicy): RetryPolicy {
  const isUnreachable = ConnectionError.isInstance(error) && error.retry === "perhaps";
  return isUnreachable ? { ...policy, maxRetries: Math.min(policy.maxRetries, unreachableRetries) } : policy;
}

/**
 * Does something that asks a server, and does it again where the server is out of reach or out of order.
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
