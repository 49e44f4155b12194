import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { measureBrowser } from "./browser/measure-browser.ts";
import { defaultFolder, findCheckpoint } from "./checkpoint/find-checkpoint.ts";
import { compare, runTask } from "./compare.ts";
import { createTorchContender, onestep } from "./contender.ts";
import { describeMachine, formatMachine } from "./describe-machine.ts";
import { measureDevices } from "./devices/measure-devices.ts";
import { findPython } from "./find-python.ts";
import { measureMemory } from "./memory/measure-memory.ts";
import { type Options, parseOptions, UsageError, usage } from "./parse-options.ts";
import { measurePrecision } from "./precision/measure-precision.ts";
import { measurePublishedModels } from "./published.ts";
import { createComparisonRows, formatComparison } from "./report/format-comparison.ts";
import {
  formatBrowser,
  formatDevices,
  formatEventLoop,
  formatMemory,
  formatPrecision,
  formatPublished,
  formatSoak,
} from "./report/reports.ts";
import type { EventLoopResult, SoakResult } from "./task.ts";
import { makeTextCheckpoint } from "./text-to-image/make-text-checkpoint.ts";
import { formatTextToImage, measureTextToImage } from "./text-to-image/measure-text-to-image.ts";
import { textModels } from "./text-to-image/text-models.ts";

/** A report as text and as data. */
interface Report {
  readonly text: string;
  readonly data: object;
}

const progress = (message: string): void => console.error(message);

async function run(options: Options): Promise<void> {
  const { mode, architecture, folder } = options;
  let report: Report;
  if (mode === "memory") report = await reportMemory(options);
  else if (mode === "text-to-image") report = await reportTextToImage(options);
  else if (mode === "published" || architecture === undefined) report = await reportPublished(options);
  else {
    progress(`checkpoint ${architecture}: looking for it, or making it`);
    report = await reports[mode](options, await findCheckpoint(architecture, folder));
  }
  const { text, data } = report;
  console.log(options.json ? JSON.stringify({ ...options, ...data }, null, 2) : text);
}

async function reportTextToImage(options: Options): Promise<Report> {
  const { architecture = "lcm", threads, rounds, repeats } = options;
  const model = textModels[architecture] as (typeof textModels)[string];
  const folder = options.folder ?? defaultFolder;
  const checkpoint = join(folder, architecture);
  progress(`checkpoint ${architecture}: looking for it, or making it`);
  await makeTextCheckpoint(checkpoint, model);
  const python = options.python === null ? undefined : await findPython(options.python);
  const settings = { checkpoint, threads, rounds, repeats, python, onStart: progress };
  const measurements = await measureTextToImage(model, settings);
  const machine = describeMachine(python);
  return {
    text: `${formatMachine(machine, threads)}\n${model.width}x${model.height}, ${model.steps} steps\n\n${formatTextToImage(measurements)}`,
    data: { machine, measurements },
  };
}

const reports: Readonly<
  Record<
    Exclude<Options["mode"], "published" | "memory" | "text-to-image">,
    (options: Options, checkpoint: string) => Promise<Report>
  >
> = {
  compare: reportComparison,
  browser: reportBrowser,
  precision: async ({ threads, repeats }, checkpoint) => {
    const measurements = await measurePrecision({ checkpoint, threads, seeds: repeats, onStart: progress });
    const machine = describeMachine(undefined);
    return {
      text: `${formatMachine(machine, threads)}\n\n${formatPrecision(measurements)}`,
      data: { machine, measurements },
    };
  },
  devices: reportDevices,
  "event-loop": async (options, checkpoint) => {
    const result: EventLoopResult = await runTask(onestep, createTask(options, checkpoint));
    const machine = describeMachine(undefined);
    return {
      text: `${formatMachine(machine, options.threads)}\n\n${formatEventLoop(result)}`,
      data: { machine, result },
    };
  },
  soak: async (options, checkpoint) => {
    const result: SoakResult = await runTask(onestep, createTask(options, checkpoint));
    const machine = describeMachine(undefined);
    return {
      text: `${formatMachine(machine, options.threads)}\n\n${formatSoak(result)}`,
      data: { machine, result },
    };
  },
};

async function reportPublished({ threads }: Options): Promise<Report> {
  const measurements = await measurePublishedModels({ threads, onStart: progress });
  if (!measurements.every(({ succeeded }) => succeeded)) process.exitCode = 1;
  const machine = describeMachine(undefined);
  return {
    text: `${formatMachine(machine, threads)}\n\n${formatPublished(measurements)}`,
    data: { machine, measurements },
  };
}

async function reportMemory({ threads }: Options): Promise<Report> {
  const measurements = await measureMemory({ threads, onStart: progress });
  if (!measurements.every(({ succeeded }) => succeeded)) process.exitCode = 1;
  const machine = describeMachine(undefined);
  return {
    text: `${formatMachine(machine, threads)}\n\n${formatMemory(measurements)}`,
    data: { machine, measurements },
  };
}

async function reportComparison(options: Options, checkpoint: string): Promise<Report> {
  const python = options.python === null ? undefined : await findPython(options.python);
  const contenders = python === undefined ? [onestep] : [onestep, createTorchContender(python)];
  const measurements = await compare(contenders, {
    ...options,
    checkpoint,
    classes: await readClasses(checkpoint),
    onStart: progress,
  });
  const machine = describeMachine(python);
  const rows = createComparisonRows(measurements);
  const names = contenders.map(({ name }) => name);
  return {
    text: `${formatMachine(machine, options.threads)}\n\n${formatComparison(names, rows)}`,
    data: { machine, rows, measurements },
  };
}

async function reportBrowser(options: Options, checkpoint: string): Promise<Report> {
  const { threads, rounds, repeats, onnx: exported = "" } = options;
  const classes = await readClasses(checkpoint);
  const measurements = await measureBrowser({
    checkpoint,
    classes,
    exported,
    rounds,
    repeats,
    threads,
    onStart: progress,
  });
  const machine = describeMachine(undefined);
  return {
    text: `${formatMachine(machine, threads)}\n\n${formatBrowser(measurements)}`,
    data: { machine, measurements },
  };
}

async function reportDevices(options: Options, checkpoint: string): Promise<Report> {
  const classes = await readClasses(checkpoint);
  const measurements = await measureDevices({ ...options, checkpoint, classes, onStart: progress });
  const machine = describeMachine(undefined);
  return {
    text: `${formatMachine(machine, options.threads)}\n\n${formatDevices(measurements)}`,
    data: { machine, measurements },
  };
}

/** How many classes the model of a checkpoint takes labels of; null for none. */
async function readClasses(checkpoint: string): Promise<number | null> {
  const config = JSON.parse(await readFile(join(checkpoint, "unet", "config.json"), "utf8"));
  return config.num_class_embeds ?? null;
}

function createTask({ mode, threads, repeats }: Options, checkpoint: string) {
  return { kind: mode as "event-loop" | "soak", checkpoint, batchSize: 1, repeats, threads };
}

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === undefined) console.log(usage);
  else await run(options);
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
