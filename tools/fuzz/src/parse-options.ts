import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { fuzzTargets } from "./targets/fuzz-targets.ts";

/** The command line, read. */
export interface Options {
  readonly targets: readonly string[];
  /** Files to try with each target. */
  readonly inputs: number;
  readonly seed: number;
  /** Processes at once. */
  readonly jobs: number;
  /** Where failures are written. */
  readonly failures: string;
}

/** The command line was not understood; the message says what to type instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const names = fuzzTargets.map(({ name }) => name);

/** What `--help` prints. */
export const usage: string = `Usage: npm run fuzz -- [target…] [options]

Targets: ${names.join(", ")} (default: all)

Options:
  --inputs <n>       files to try with each target (default: 1000000)
  --seed <n>         of the first thousand; each thousand after it has the next (default: 1)
  --jobs <n>         processes at once (default: CPUs that the process may use)
  --failures <path>  file for seeds and smallest inputs of what went wrong (default: fuzz-failures.json)`;

/** Reads the command line. Undefined where help is asked for. @throws UsageError where it is not understood. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`No target ${unknown.join(", ")}: there are ${names.join(", ")}.`);
  return {
    targets: positionals.length === 0 ? names : positionals,
    inputs: parseCount("inputs", values.inputs) ?? 1_000_000,
    seed: parseCount("seed", values.seed) ?? 1,
    jobs: parseCount("jobs", values.jobs) ?? availableParallelism(),
    failures: values.failures ?? "fuzz-failures.json",
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        inputs: text,
        seed: text,
        jobs: text,
        failures: text,
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new UsageError(`--${name}: found "${text}", expected a whole number of at least 1.`);
}
