import { fileURLToPath } from "node:url";
import type { PythonInstallation } from "../find-python.ts";
import { formatBytes } from "../report/format-comparison.ts";
import { runProcess } from "../run-process.ts";
import type { TextModel } from "./text-models.ts";

/** One piece of work that a process of its own does and measures. */
export interface TextTask {
  /** The folder of the pipeline. */
  readonly checkpoint: string;
  readonly className: string;
  readonly height: number;
  readonly width: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly threads: number;
  /** How many images are measured, after one that is not. */
  readonly repeats: number;
  /** The option of `fromPretrained`; left out for its default. */
  readonly optimizeFor?: "throughput" | undefined;
  /** When the process was started, in milliseconds since 1970. */
  readonly startedAt: number;
}

/** What such a process reports. */
export interface TextResult {
  /** From the start of the process until a prompt could be given. */
  readonly readyMilliseconds: number;
  readonly firstMilliseconds: number;
  readonly images: readonly {
    readonly milliseconds: number;
    readonly stepMilliseconds: readonly number[];
    readonly decodeMilliseconds: number;
  }[];
  /** The most memory that the process had in use. */
  readonly peakBytes: number;
}

/** Results of one contender, one for each round. */
export interface TextMeasurements {
  readonly name: string;
  readonly results: readonly TextResult[];
}

/** Measures Onestep and, if installed, diffusers on PyTorch, alternately. */
export async function measureTextToImage(
  model: TextModel,
  options: {
    readonly checkpoint: string;
    readonly threads: number;
    readonly rounds: number;
    readonly repeats: number;
    readonly python: PythonInstallation | undefined;
    readonly onStart: (description: string) => void;
  },
): Promise<readonly TextMeasurements[]> {
  const { checkpoint, threads, rounds, repeats, python, onStart } = options;
  const { className, height, width, steps, guidanceScale } = model;
  const task = { checkpoint, className, height, width, steps, guidanceScale, threads, repeats };
  const node = (optimizeFor?: TextTask["optimizeFor"]) => ({
    program: process.execPath,
    args: [fileURLToPath(new URL("./text-child.js", import.meta.url))],
    environment: {},
    optimizeFor,
  });
  const contenders = [
    { name: "Onestep", ...node() },
    { name: 'Onestep, optimizeFor: "throughput"', ...node("throughput") },
    ...(python === undefined
      ? []
      : [
          {
            name: "PyTorch",
            program: python.program,
            args: [fileURLToPath(new URL("../../python/measure_text_to_image.py", import.meta.url))],
            environment: { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) },
            optimizeFor: undefined,
          },
        ]),
  ];
  const results = contenders.map(({ name }) => ({ name, results: [] as TextResult[] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, { name, program, args, environment, optimizeFor }] of contenders.entries()) {
      onStart(`round ${round} of ${rounds}: ${name}`);
      const own: TextTask = { ...task, optimizeFor, startedAt: Date.now() };
      const { output } = await runProcess({ program, args: [...args, JSON.stringify(own)], environment });
      results[index]?.results.push(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
    }
  }
  return results;
}

/** Writes medians, and how they compare with PyTorch's. */
export function formatTextToImage(measurements: readonly TextMeasurements[]): string {
  const rival = measurements.find(({ name }) => name === "PyTorch");
  const rows: readonly (readonly [string, (result: TextResult) => number, (value: number) => string])[] = [
    ["ready", ({ readyMilliseconds }) => readyMilliseconds, formatSeconds],
    ["first image", ({ firstMilliseconds }) => firstMilliseconds, formatSeconds],
    ["image", ({ images }) => median(images.map(({ milliseconds }) => milliseconds)), formatSeconds],
    [
      "  a step",
      ({ images }) => median(images.flatMap(({ stepMilliseconds }) => stepMilliseconds)),
      formatSeconds,
    ],
    [
      "  decoding",
      ({ images }) => median(images.map(({ decodeMilliseconds }) => decodeMilliseconds)),
      formatSeconds,
    ],
    ["peak memory", ({ peakBytes }) => peakBytes, formatBytes],
  ];
  return measurements
    .map(({ name, results }) => {
      const lines = rows.map(([label, read, format]) => {
        const own = median(results.map(read));
        const other =
          rival === undefined || rival.name === name ? undefined : median(rival.results.map(read));
        const ratio = other === undefined ? "" : `   ${(own / other).toFixed(2)} of PyTorch's`;
        return `  ${label.padEnd(14)}${format(own).padStart(10)}${ratio}`;
      });
      return [name, ...lines].join("\n");
    })
    .join("\n\n");
}

function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
