import {
  type DiffusionPipelineBase,
  LatentDiffusionPipelineBase,
  DiffusionPipeline as Loader,
  type LoadPipelineOptions,
} from "@onestep/pipelines";
import { findCores } from "@onestep/runtime";
import { ServeModelError } from "../errors.ts";
import type { ModelCard } from "../service/model-card.ts";
import { ModelMeasure } from "./measure-model.ts";
import type { ServedModel } from "./model-host.ts";
import { describeModel } from "./tasks.ts";

/** Options of {@link loadInstances}. */
export interface LoadInstancesOptions {
  readonly name: string;
  readonly maxBatch: number | "auto";
  readonly instances: number | "auto";
  /** What was found when the model was loaded before. */
  readonly known: { readonly card: ModelCard; readonly instances: number } | undefined;
  /** The memory of this process, in bytes. */
  readonly readMemory: () => number;
  /** How much the instances may take, in bytes. */
  readonly memoryBudget: number;
  readonly signal: AbortSignal | undefined;
}

/** The instances of a model, and what the model can do. */
export interface LoadedInstances {
  readonly card: ModelCard;
  readonly instances: readonly DiffusionPipelineBase[];
}

/** Where an image takes longer than this on the threads of one instance, a client that is alone would notice. */
const noticeableSeconds = 0.1;
/** How much slower several instances may be when nothing else runs: beside the work of a server, they are faster. */
const acceptable = 1.05;
const mostInstances = 16;
const usualBatch = 8;

/** Loads a model and measures it: with all threads for one run, and one a core, where that may be faster. */
export async function loadInstances(
  model: ServedModel,
  options: LoadInstancesOptions,
): Promise<LoadedInstances> {
  const { known, maxBatch, signal } = options;
  if (known !== undefined) {
    return { card: known.card, instances: await load(model, known.instances, signal) };
  }
  const candidate = await choose(model, options);
  try {
    const { instances, described, secondsAlone } = candidate;
    const measure = new ModelMeasure(instances, described, signal);
    const measured = await measure.bestBatch(secondsAlone, maxBatch);
    return { card: { ...described, ...measured }, instances };
  } catch (error) {
    await dispose(model, candidate.instances);
    throw error;
  }
}

interface Candidate {
  readonly instances: readonly DiffusionPipelineBase[];
  /** The card, without what is measured. */
  readonly described: ModelCard;
  readonly secondsAlone: number;
  /** In runs of a usual size, of all instances together. */
  readonly secondsPerImage: () => Promise<number>;
}

/** One instance, as many as wanted, or one a core. */
async function choose(model: ServedModel, options: LoadInstancesOptions): Promise<Candidate> {
  const { readMemory, memoryBudget, signal } = options;
  const wanted = model.pipeline === undefined ? options.instances : 1;
  const before = wanted === "auto" ? readMemory() : 0;
  const whole = await start(model, wanted === "auto" ? 1 : wanted, options);
  const count = Math.min(findCores() ?? 1, mostInstances);
  const isDivisible =
    wanted === "auto" &&
    count > 1 &&
    model.options?.threads === undefined &&
    whole.instances[0]?.device !== "webgpu" &&
    whole.secondsAlone <= noticeableSeconds &&
    (readMemory() - before) * (count + 1) <= memoryBudget;
  if (!isDivisible) return whole;
  const divided = await start(model, count, options).catch(() => undefined);
  try {
    signal?.throwIfAborted();
    const pays =
      divided !== undefined &&
      divided.secondsAlone <= noticeableSeconds &&
      (await divided.secondsPerImage()) < acceptable * (await whole.secondsPerImage());
    await dispose(model, (pays ? whole : divided)?.instances ?? []);
    return pays ? divided : whole;
  } catch (error) {
    await dispose(model, [...whole.instances, ...(divided?.instances ?? [])]);
    throw error;
  }
}

async function start(
  model: ServedModel,
  count: number,
  { name, maxBatch, signal }: LoadInstancesOptions,
): Promise<Candidate> {
  const instances = await load(model, count, signal);
  try {
    const [pipe] = instances as readonly [DiffusionPipelineBase];
    const settings = { name, created: createdNow(), adapters: Object.keys(model.adapters ?? {}) };
    const described = describeModel(pipe, settings);
    const measure = new ModelMeasure(instances, described, signal);
    const secondsAlone = await measure.secondsAlone();
    const batch = maxBatch === "auto" ? usualBatch : maxBatch;
    return { instances, described, secondsAlone, secondsPerImage: () => measure.secondsPerImage(batch) };
  } catch (error) {
    await dispose(model, instances);
    throw error;
  }
}

/** Frees instances, unless they are their owner's. */
export async function dispose(
  { pipeline }: ServedModel,
  instances: readonly DiffusionPipelineBase[],
): Promise<void> {
  if (pipeline === undefined) await Promise.all(instances.map(async (pipe) => await pipe.dispose()));
}

/** Several share the cores. */
async function load(
  model: ServedModel,
  count: number,
  signal: AbortSignal | undefined,
): Promise<readonly DiffusionPipelineBase[]> {
  const threads = count === 1 ? undefined : Math.max(1, Math.floor((findCores() ?? 1) / count));
  const options = {
    ...model.options,
    threads: model.options?.threads ?? threads,
    ...(signal === undefined ? {} : { signal }),
  };
  const instances: DiffusionPipelineBase[] = [];
  try {
    while (instances.length < count) {
      const pipe = model.pipeline ?? (await Loader.fromPretrained(model.source, options));
      instances.push(pipe);
      await loadAdapters(pipe, model, options);
    }
    return instances;
  } catch (error) {
    await dispose(model, instances);
    throw error;
  }
}

async function loadAdapters(
  pipe: DiffusionPipelineBase,
  { adapters = {} }: ServedModel,
  { token, endpoint, cacheDir, localFilesOnly, signal }: LoadPipelineOptions,
): Promise<void> {
  if (Object.keys(adapters).length === 0) return;
  if (!(pipe instanceof LatentDiffusionPipelineBase)) {
    throw new ServeModelError({
      subject: "adapters",
      found: `LoRA adapters for a ${pipe.className}`,
      expected: "a text-to-image model",
      remedy: "Serve this model without adapters.",
    });
  }
  for (const [adapterName, source] of Object.entries(adapters)) {
    if (pipe.adapterNames.includes(adapterName)) continue;
    await pipe.loadLoraWeights(source, { adapterName, token, endpoint, cacheDir, localFilesOnly, signal });
  }
  pipe.setAdapters([]);
}

/** Repositories do not say when they were made. */
function createdNow(): number {
  return Math.floor(Date.now() / 1000);
}
