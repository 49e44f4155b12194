import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender } from "./contender.ts";
import { runProcess } from "./run-process.ts";
import type { Task, TimedResult } from "./task.ts";

/** What to compare, and how thoroughly. */
export interface CompareOptions {
  readonly checkpoint: string;
  /** Whether labels are passed. */
  readonly classes: number | null;
  readonly threads: number;
  readonly rounds: number;
  readonly repeats: number;
  readonly batchSizes: readonly number[];
  /** Called with a description of the next measurement. */
  readonly onStart: (description: string) => void;
}

/** All measurements of one contender. */
export interface Measurements {
  readonly name: string;
  /** One result a round: passes through the model with one image. */
  readonly forward: TimedResult[];
  /** For each batch size, one result a round: images from the pipeline. */
  readonly images: { readonly batchSize: number; readonly results: TimedResult[] }[];
  /** One time a round: from the start of a process until it has ended and its PNG is on disk. */
  readonly imageFileMilliseconds: number[];
}

/**
 * Measures the contenders alternately, A B A B …, with a separate process for each task, so that a machine whose speed
 * drifts favours neither and peak memory belongs to a single task.
 */
export async function compare(
  contenders: readonly Contender[],
  options: CompareOptions,
): Promise<readonly Measurements[]> {
  const measurements = contenders.map(({ name }) => ({
    name,
    forward: [] as TimedResult[],
    images: options.batchSizes.map((batchSize) => ({ batchSize, results: [] as TimedResult[] })),
    imageFileMilliseconds: [] as number[],
  }));
  const folder = await mkdtemp(join(tmpdir(), "onestep-benchmark-"));
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      const announce = (work: string, { name }: Contender): void =>
        options.onStart(`round ${round} of ${options.rounds}: ${name}, ${work}`);
      for (const work of planWork(options, join(folder, "image.png"))) {
        for (const [index, contender] of contenders.entries()) {
          announce(work.description, contender);
          await work.measure(contender, measurements[index] as Measurements);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return measurements;
}

interface Work {
  readonly description: string;
  measure(contender: Contender, into: Measurements): Promise<void>;
}

/** The pieces of work of one round. */
function planWork(options: CompareOptions, imageFile: string): readonly Work[] {
  const { checkpoint, repeats, threads, batchSizes, classes } = options;
  const shared = { checkpoint, repeats, threads };
  return [
    {
      description: "forward",
      measure: async (contender, { forward }) => {
        forward.push(await runTask(contender, { ...shared, kind: "forward", batchSize: 1 }));
      },
    },
    ...batchSizes.map(
      (batchSize, index): Work => ({
        description: `images, ${batchSize} at a time`,
        measure: async (contender, { images }) => {
          images[index]?.results.push(await runTask(contender, { ...shared, kind: "images", batchSize }));
        },
      }),
    ),
    {
      description: "process start to PNG on disk",
      measure: async (contender, { imageFileMilliseconds }) => {
        const classLabel = classes === null ? undefined : 145 % classes;
        const command = contender.makeImage({ checkpoint, threads, seed: 0, classLabel, out: imageFile });
        const { milliseconds } = await runProcess(command);
        await requirePng(imageFile);
        await rm(imageFile);
        imageFileMilliseconds.push(milliseconds);
      },
    },
  ];
}

/** Runs a task in its own process, and reads its measurements. */
export async function runTask<Result>(contender: Contender, task: Omit<Task, "startedAt">): Promise<Result> {
  const { output } = await runProcess(contender.measure({ ...task, startedAt: Date.now() }));
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

async function requirePng(path: string): Promise<void> {
  const signature = (await readFile(path)).subarray(1, 4).toString("latin1");
  if (signature !== "PNG") throw new Error(`${path}: found something else than a PNG.`);
}
