import { join } from "node:path";
import { InvalidArgumentError } from "@onestep/core";
import { createHandler, type ImageService } from "@onestep/server";
import {
  type BulkProgress,
  createFrontEnd,
  openQueue,
  openStorage,
  readBulkModels,
  runBulk,
} from "@onestep/server/node";
import { UsageError } from "../arguments/parse-arguments.ts";
import { shippedModel } from "../arguments/repository-options.ts";
import type { Invocation } from "../command.ts";
import { formatDuration } from "../output/text.ts";
import { queueWait } from "./serve-images.ts";
import { readServedModels, servedName } from "./served-models.ts";
import { readInstances, readMaxBatch, readMemoryBudget, readSharedStorage } from "./service-readers.ts";
import { ServiceSettings } from "./service-settings.ts";

/** `onestep batch`: makes the images of a file of requests. */
export async function runBatch(invocation: Invocation): Promise<void> {
  const { arguments: parsed, output, signal } = invocation;
  const settings = await readSettings(invocation);
  const [input] = parsed.positionals;
  if (input === undefined)
    throw new UsageError("The file of requests is missing: `onestep batch requests.jsonl --out images`.");
  const out = parsed.text("out");
  if (out === undefined || out === "")
    throw new UsageError("--out is missing: name the folder for the images.");
  const maker = await openMaker(invocation, settings, input);
  try {
    const result = await runBulk({
      ...{ input, out, signal, service: maker.images, linesInFlight: maker.linesInFlight },
      async prepare() {
        output.progress.showTask("Loading");
        await maker.prepare(signal);
        output.progress.clear();
      },
      onProgress: showProgress(invocation),
    });
    if (result.isInterrupted) {
      output.note(
        `Stopped: ${result.completed} of ${result.total} requests are done. Run the same command to continue.`,
      );
      signal.throwIfAborted();
    }
    report(invocation, out, result);
  } finally {
    await maker.close();
  }
}

/** What makes the images: models in this process, or the workers of a queue. */
interface Maker {
  readonly images: ImageService;
  /** How many requests run at a time. */
  readonly linesInFlight: number;
  prepare(signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** Enough for the runs of sixteen workers. */
const linesOfWorkers = 256;

async function openMaker(invocation: Invocation, settings: ServiceSettings, input: string): Promise<Maker> {
  const { arguments: parsed, system } = invocation;
  const url = settings.text("queue");
  if (url !== undefined) {
    if (parsed.has("model"))
      throw new UsageError("--model: with --queue, workers have the models. Leave it out.");
    const storage = await openStorage(readSharedStorage(settings, system.environment), system.environment);
    const queue = await openQueue(url, { waitForServer: queueWait });
    const frontEnd = createFrontEnd({ queue, storage });
    return {
      ...{ images: frontEnd.parts.images, linesInFlight: linesOfWorkers },
      // Lines wait for workers, as they wait where there is an overload.
      prepare: async () => undefined,
      close: () => frontEnd.close(),
    };
  }
  if (parsed.has("storage"))
    throw new UsageError("--storage is for --queue. Without it, images go to --out alone.");
  const named = await readModels(input, parsed.texts("model"));
  const models = readServedModels(invocation, settings, named);
  const maxBatch = readMaxBatch(settings);
  const handler = createHandler({
    ...{ models, maxBatch, instances: readInstances(settings), memoryBudget: readMemoryBudget(settings) },
    aliases: aliasesOf(named),
    readMemory: () => process.memoryUsage.rss(),
  });
  return {
    images: handler.parts.images,
    linesInFlight: maxBatch === "auto" ? 64 : Math.max(16, 2 * maxBatch),
    prepare: (signal) => handler.prepare(signal),
    close: () => handler.close(),
  };
}

/** Options and their variables; a config file is for services. */
async function readSettings(invocation: Invocation): Promise<ServiceSettings> {
  const { ONESTEP_CONFIG: _, ...environment } = invocation.system.environment;
  return await ServiceSettings.read({ ...invocation, system: { ...invocation.system, environment } }, []);
}

/** The models to load; those that the lines name unless the command line names some. */
async function readModels(input: string, named: readonly string[]): Promise<readonly string[]> {
  const found = await readBulkModels(input);
  if (named.length > 0) return named;
  // Lines without a model use the first one.
  const rest = found.filter((model) => model !== undefined && model !== shippedModel) as string[];
  return found.length > rest.length ? [shippedModel, ...rest] : rest;
}

/** Lines name a model as the command line does, by its folder or URL too. */
function aliasesOf(named: readonly string[]): Readonly<Record<string, string>> {
  const others = named.filter((model) => servedName(model) !== model);
  return Object.fromEntries(others.map((model) => [model, servedName(model)]));
}

/** How often the line on a terminal changes, in milliseconds. */
const redrawTime = 200;

/** Shows progress: all the time on a terminal, and about ten times elsewhere. */
function showProgress({ output, system }: Invocation): (progress: BulkProgress) => void {
  const isTerminal = system.stderr.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let shownTenth = -1;
  return (progress) => {
    const { total, completed, failed } = progress;
    const tenth = Math.floor((10 * (completed + failed)) / total);
    const now = performance.now();
    if (isTerminal ? now - shownAt < redrawTime : tenth === shownTenth) return;
    shownAt = now;
    shownTenth = tenth;
    output.progress.showTask(describeProgress(progress));
  };
}

/** `12 of 100 requests (1 failed), 2.5 a second, 35 s left`. */
export function describeProgress({ total, completed, failed, finished, seconds }: BulkProgress): string {
  const failures = failed === 0 ? "" : ` (${failed} failed)`;
  const done = `${completed + failed} of ${total} requests${failures}`;
  const left = total - completed - failed;
  if (finished === 0 || seconds === 0 || left === 0) return done;
  const rate = finished / seconds;
  return `${done}, ${rate.toPrecision(2)} a second, ${formatDuration((left / rate) * 1000)} left`;
}

/** Tells the result. @throws InvalidArgumentError if requests failed. */
function report({ output }: Invocation, out: string, { total, completed, failed }: BulkProgress): void {
  const results = join(out, "results.jsonl");
  if (failed === 0) {
    output.result({ lines: [results], document: { results, total, completed, failed } });
    return;
  }
  const errors = join(out, "errors.jsonl");
  throw new InvalidArgumentError({
    subject: errors,
    found: `${failed} of ${total} requests that failed`,
    expected: "requests that succeed",
    remedy: `Read ${errors}. The same command tries only these requests again; put corrected ones into a file of their own, with another folder.`,
    summary: `${failed} of ${total} requests failed; the images of the other ${completed} are in ${out}.`,
  });
}
