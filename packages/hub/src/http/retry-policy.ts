import { InvalidArgumentError } from "@onestep/core";
import type { RetryOptions } from "../repository.ts";

/** {@link RetryOptions} with nothing left out. */
export type RetryPolicy = { readonly [Name in keyof RetryOptions]-?: number };

/** As huggingface_hub (2.0, `utils/_http.py`, `http_backoff`). */
const defaults: RetryPolicy = { maxRetries: 5, baseWaitTime: 1, maxWaitTime: 8 };

const largest = { maxRetries: 1000, baseWaitTime: 3600, maxWaitTime: 3600 };

/** One try, and no more. */
export const noRetries: RetryPolicy = { ...defaults, maxRetries: 0 };

/** Fills in the defaults. @throws InvalidArgumentError where a number is out of range. */
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
