import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { architectureNames } from "./checkpoint/find-checkpoint.ts";
import { textModels } from "./text-to-image/text-models.ts";

/** What to do. */
export type Mode =
  | "compare"
  | "event-loop"
  | "soak"
  | "published"
  | "browser"
  | "precision"
  | "devices"
  | "memory"
  | "text-to-image";

/** The command line, read. */
export interface Options {
  readonly mode: Mode;
  /** The architecture to measure; undefined for all published ones. */
  readonly architecture: string | undefined;
  readonly threads: number;
  /** How often each process is started. */
  readonly rounds: number;
  /** Calls measured in a process. */
  readonly repeats: number;
  /** The batch sizes to make images at. */
  readonly batchSizes: readonly number[];
  /** The Python to compare with; undefined to look for one, null for none. */
  readonly python: string | undefined | null;
  /** Where checkpoints are made and kept; undefined for the default. */
  readonly folder: string | undefined;
  /** The graph that torch.onnx exported of the same checkpoint, to compare with in a browser. */
  readonly onnx: string | undefined;
  readonly json: boolean;
}

/** The command line was not understood; the message says what to type instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `--help` prints. */
export const usage: string = `Usage: npm run benchmark -- [mode] <architecture> [options]

Architectures: ${architectureNames.join(", ")}

Modes:
  compare      (default) time and memory, beside PyTorch where it is found
  event-loop   how many ticks of a 10 ms timer get through while the model works
  soak         memory after the 10th and the last of many generations
  browser      on wasm in Chromium, beside the graph that --onnx names
  precision    float16 and float32 on the GPU of Node beside float32 on the processor, weights that overflow among them
  devices      images a second on the processor and on the GPU of Node, there in float32 and in float16
  published    (without an architecture) every published configuration at full size: parameters, one pass
  text-to-image  ${Object.keys(textModels).join(", ")}: time and memory of an image of a text, beside PyTorch where it is found
  memory       (without an architecture) while a file of 2 GB is downloaded and a .bin of 1.18 GB is loaded

Options:
  --threads <n>       threads to compute with (default: CPUs that the process may use)
  --rounds <n>        how often each process is started, in turn with PyTorch's (default: 3)
  --repeats <n>       calls measured in a process (default: 5; soak: 200)
  --batch-sizes <n,n> images at a time (default: 1,8)
  --python <path>     Python with torch and diffusers (default: ONESTEP_PYTHON, or python3 if it has them)
  --no-python         measure Onestep alone
  --folder <path>     where checkpoints are made and kept (default: node_modules/.cache/onestep-benchmark)
  --onnx <path>       what tools/reference/export_unet_onnx.py made of the same checkpoint
  --json              print everything that was measured as JSON`;

/** Parses the command line. Undefined if help is requested. @throws UsageError if it cannot be parsed. */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const modes: readonly string[] = [
    "compare",
    "event-loop",
    "soak",
    "published",
    "browser",
    "precision",
    "devices",
    "memory",
    "text-to-image",
  ];
  const [mode, architecture, ...rest] = modes.includes(positionals[0] ?? "")
    ? positionals
    : ["compare", ...positionals];
  const isKnown =
    mode === "published" || mode === "memory"
      ? architecture === undefined
      : architecture !== undefined &&
        (mode === "text-to-image" ? Object.keys(textModels) : architectureNames).includes(architecture);
  if (!isKnown || rest.length > 0) {
    throw new UsageError(
      `Name one architecture: ${architectureNames.join(", ")}; for text-to-image ${Object.keys(textModels).join(", ")}; none for published and memory.`,
    );
  }
  return {
    mode: mode as Mode,
    architecture,
    threads: parseCount("threads", values.threads) ?? availableParallelism(),
    rounds: parseCount("rounds", values.rounds) ?? 3,
    repeats: parseCount("repeats", values.repeats) ?? (mode === "soak" ? 200 : 5),
    batchSizes: (values["batch-sizes"] ?? "1,8")
      .split(",")
      .map((size) => parseCount("batch-sizes", size) ?? 1),
    python: values["no-python"] ? null : (values.python ?? (environment["ONESTEP_PYTHON"] || undefined)),
    folder: values.folder,
    onnx: parsePath("onnx", values.onnx, mode === "browser"),
    json: values.json ?? false,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        threads: text,
        rounds: text,
        repeats: text,
        "batch-sizes": text,
        python: text,
        "no-python": flag,
        folder: text,
        onnx: text,
        json: flag,
        help: { ...flag, short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parsePath(name: string, path: string | undefined, isNeeded: boolean): string | undefined {
  if (path !== undefined || !isNeeded) return path;
  throw new UsageError(`--${name}: found none, expected the path of a file.`);
}

function parseCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new UsageError(`--${name}: found "${text}", expected a whole number of at least 1.`);
}
