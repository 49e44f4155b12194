import { availableParallelism } from "node:os";
import { OneTimeWarning } from "../one-time-warning.ts";

const tooMany: OneTimeWarning = new OneTimeWarning();

/**
 * The number of threads that were asked for, as far as there are processors for them. More only wait for each other, and
 * hundreds bring a machine to a halt.
 *
 * @param warning Where it is said that there are fewer.
 */
export function limitThreads(
  requested: number | undefined,
  processors: number = availableParallelism(),
  warning: OneTimeWarning = tooMany,
): number | undefined {
  if (requested === undefined || requested <= processors) return requested;
  warning.give(
    `The model runs on ${processors} threads instead of ${requested}: this process may use ${processors} processors, ` +
      "and more threads than that only wait for each other.",
  );
  return processors;
}
