import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BatchRequest } from "./batch-process.ts";
import type { BatchResult } from "./run-batch.ts";

/** How a batch ended: with a result, or with the process that ran it. */
export type BatchOutcome =
  | { readonly type: "done"; readonly result: BatchResult }
  | { readonly type: "crash"; readonly reason: string }
  | { readonly type: "hang" };

/** Runs batches in a separate process, one at a time; a process that ends or hangs is replaced. */
export class BatchRunner {
  readonly #script: string;
  readonly #patience: number;
  #child: ChildProcess | undefined;

  /**
   * @param patience - Milliseconds until a batch counts as hanging.
   * @param script - What the process runs.
   */
  constructor(
    patience: number,
    script: string = fileURLToPath(new URL("../dist/batch-process.js", import.meta.url)),
  ) {
    this.#patience = patience;
    this.#script = script;
  }

  /** Runs a batch. */
  async run(request: BatchRequest): Promise<BatchOutcome> {
    // Headers are small: a reader that needs more memory than this trusts a number in one.
    this.#child ??= fork(this.#script, { execArgv: ["--max-old-space-size=256"], stdio: "inherit" });
    const child = this.#child;
    const outcome = await new Promise<BatchOutcome>((resolve) => {
      const timer = setTimeout(() => resolve({ type: "hang" }), this.#patience);
      const settle = (value: BatchOutcome): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(value);
      };
      child.on("message", (result) => settle({ type: "done", result: result as BatchResult }));
      child.on("error", (error) => settle({ type: "crash", reason: error.message }));
      child.on("exit", (code, signal) =>
        settle({ type: "crash", reason: `it ended with ${signal ?? code}` }),
      );
      child.send(request);
    });
    if (outcome.type !== "done") this.end();
    return outcome;
  }

  /** Ends the process. */
  end(): void {
    this.#child?.removeAllListeners();
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}
