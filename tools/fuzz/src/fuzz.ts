import type { BatchOutcome } from "./batch-runner.ts";
import { batchSize } from "./run-batch.ts";

/** How much to try. */
export interface FuzzOptions {
  readonly target: string;
  /** Inputs to try, rounded up to whole batches. */
  readonly inputs: number;
  /** Seed of the first batch; each batch after it has the next. */
  readonly seed: number;
  /** Runs a batch somewhere. As many run at once as there are runners. */
  readonly runners: readonly ((request: { target: string; seed: number }) => Promise<BatchOutcome>)[];
  readonly onBatch?: ((done: number, total: number) => void) | undefined;
}

/** A batch that went wrong, with what is needed to see it again. */
export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly kind: "finding" | "crash" | "hang";
  readonly reason: string;
  /** The smallest input found, base64. */
  readonly input: string | undefined;
}

/** The results of all batches of a target. */
export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  readonly loaded: number;
  readonly refused: number;
  readonly failures: readonly FuzzFailure[];
}

/** Tests a target with many inputs. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { target, seed: firstSeed, runners, onBatch } = options;
  const total = Math.ceil(options.inputs / batchSize);
  const failures: FuzzFailure[] = [];
  let started = 0;
  let done = 0;
  let loaded = 0;
  let refused = 0;
  const work = async (run: FuzzOptions["runners"][number]): Promise<void> => {
    while (started < total) {
      const seed = firstSeed + started;
      started += 1;
      const outcome = await run({ target, seed });
      if (outcome.type === "done") {
        loaded += outcome.result.loaded;
        refused += outcome.result.refused;
      }
      const failure = describeFailure(outcome);
      if (failure !== undefined) failures.push({ target, seed, ...failure });
      done += 1;
      onBatch?.(done, total);
    }
  };
  await Promise.all(runners.map(work));
  return { target, inputs: total * batchSize, loaded, refused, failures };
}

function describeFailure(outcome: BatchOutcome): Pick<FuzzFailure, "kind" | "reason" | "input"> | undefined {
  switch (outcome.type) {
    case "crash":
      return { kind: "crash", reason: outcome.reason, input: undefined };
    case "hang":
      return { kind: "hang", reason: "no answer in time", input: undefined };
    case "done": {
      const { finding } = outcome.result;
      return finding && { kind: "finding", reason: finding.reason, input: finding.base64 };
    }
  }
}

/** The figures of a run as text. */
export function formatReport(reports: readonly FuzzReport[]): string {
  const rows = reports.map(({ target, inputs, loaded, refused, failures }) => {
    const count = (kind: string): number => failures.filter((failure) => failure.kind === kind).length;
    return [
      `${target}: ${inputs.toLocaleString("en")} files`,
      `  refused with a typed error  ${refused.toLocaleString("en")}`,
      `  read, and as they say       ${loaded.toLocaleString("en")}`,
      `  batches with a finding      ${count("finding")}`,
      `  crashes                     ${count("crash")}`,
      `  hangs                       ${count("hang")}`,
      ...failures.map(({ kind, seed, reason }) => `  ${kind} at seed ${seed}: ${reason}`),
    ].join("\n");
  });
  return rows.join("\n\n");
}
