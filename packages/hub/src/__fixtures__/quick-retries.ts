import type { RetryOptions } from "../repository.ts";

/** Two more tries, at once. */
export const quickRetries: RetryOptions = { maxRetries: 2, baseWaitTime: 0.001, maxWaitTime: 0.001 };
