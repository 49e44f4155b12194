import fc from "fast-check";
import type { FuzzInput, FuzzTarget } from "./fuzz-target.ts";
import { judgeInput } from "./judge-input.ts";

/** How many inputs one seed stands for. */
export const batchSize = 1000;

/** What came of a batch. */
export interface BatchResult {
  readonly loaded: number;
  readonly refused: number;
  /** The smallest input found that makes the reader fail, if any. */
  readonly finding: { readonly reason: string; readonly base64: string } | undefined;
}

/** Tries a target with the inputs of a seed; the same seed gives the same inputs. */
export async function runBatch(target: FuzzTarget, seed: number): Promise<BatchResult> {
  const counts = { loaded: 0, refused: 0 };
  const property = fc.asyncProperty(target.inputs, async (input) => {
    counts[await judgeInput(target, input)] += 1;
  });
  const outcome = await fc.check(property, { seed, numRuns: batchSize });
  if (!outcome.failed) return { ...counts, finding: undefined };
  const [input] = outcome.counterexample as [FuzzInput];
  const { errorInstance: error } = outcome;
  const cause = error instanceof Error && error.cause !== undefined ? ` (${String(error.cause)})` : "";
  return {
    ...counts,
    finding: { reason: `${String(error)}${cause}`, base64: Buffer.from(input.bytes).toString("base64") },
  };
}
