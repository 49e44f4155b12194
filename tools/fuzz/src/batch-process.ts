// A process that runs batches, so that a crash or a hang ends it and not the count.
import { setWarningHandler } from "@onestep/core";
import { type BatchResult, runBatch } from "./run-batch.ts";
import { findTarget } from "./targets/fuzz-targets.ts";

/** What the process is asked for. */
export interface BatchRequest {
  readonly target: string;
  readonly seed: number;
}

// Thousands of configs have unknown fields, each of which gives a warning.
setWarningHandler(false);

process.on("message", async ({ target, seed }: BatchRequest) => {
  const result: BatchResult = await runBatch(findTarget(target), seed);
  process.send?.(result);
});
