import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

/** The command line, read. */
export interface Options {
  readonly downloads: number;
  readonly uploads: number;
  readonly seed: number;
  readonly jobs: number;
  /** Where findings are written. */
  readonly failures: string;
}

/** The command line was not understood; the message says what to type instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `--help` prints. */
export const usage: string = `Usage: npm run inject-faults -- [options]

Options:
  --downloads <n>    how many to make (default: 10000)
  --uploads <n>      how many to make after them (default: 2000)
  --seed <n>         of the first of each; the others count up from it (default: 1)
  --jobs <n>         how many at once, each with two processes (default: twice the CPUs that the process may use)
  --failures <path>  file for what went wrong that must not (default: fault-findings.json)`;

/** Reads the command line. Undefined where help is asked for. @throws UsageError where it is not understood. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    downloads: parseCount("downloads", values.downloads, 10_000, 0),
    uploads: parseCount("uploads", values.uploads, 2000, 0),
    seed: parseCount("seed", values.seed, 1),
    jobs: parseCount("jobs", values.jobs, 2 * availableParallelism()),
    failures: values.failures ?? "fault-findings.json",
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    const options = { downloads: text, uploads: text, seed: text, jobs: text, failures: text } as const;
    return parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } } })
      .values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseCount(name: string, text: string | undefined, defaultCount: number, least = 1): number {
  const count = Number(text ?? defaultCount);
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw new UsageError(`--${name}: found "${text}", expected a whole number of at least ${least}.`);
}
