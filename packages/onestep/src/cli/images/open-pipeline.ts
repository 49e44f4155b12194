import { InvalidConfigError, UnsupportedError } from "@onestep/core";
import {
  ConsistencyModelPipeline,
  loadSchedulerOf,
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  type PipelineSource,
  pipelineClassOf,
  readId2Label,
  readUnetConfig,
  rehearse,
  requireUnetClass,
  type UNet2DPipeline,
  type UNet2DSettings,
} from "@onestep/pipelines";
import type { Scheduler, SchedulerClass } from "@onestep/schedulers";
import type { GenerateRequest } from "../arguments/image-options.ts";
import { type RepositorySettings, refuseSingleFileSettings } from "../arguments/repository-options.ts";
import { toClassIds } from "./class-labels.ts";
import { checkSingleFile, isSingleFile, presumedConfig, schedulerOfFile } from "./single-file.ts";

/** A pipeline, with the resolved parts of a request. */
export interface OpenedPipeline {
  readonly pipe: UNet2DPipeline;
  /** Number of steps it will take. */
  readonly steps: number;
  /** The requested classes, as numbers. */
  readonly classLabels: readonly number[] | undefined;
}

/** A pipeline to open, and the request for it. */
export interface PipelineJob {
  readonly request: GenerateRequest;
  /** The repository, if already open. */
  readonly source?: PipelineSource | undefined;
  /** The scheduler to sample with, if not the model's own. */
  readonly schedulerClass: SchedulerClass | undefined;
  /** Rehearses the request with a model that has no weights yet. */
  rehearse(pipe: UNet2DPipeline, classLabels: readonly number[] | undefined): Promise<unknown>;
  /** Called before the weights of a repository are fetched. */
  announce(source: PipelineSource): Promise<void>;
}

/**
 * Loads a repository, or an original checkpoint, which is a single file. A model that runs only once or twice is loaded
 * for fast startup rather than throughput. The request is validated before any weights are read: by a repository's
 * configs, or by a single file's name and the options. A scheduler that is replaced may be unknown here.
 *
 * @throws UsageError if a name is unknown.
 * @throws InvalidArgumentError, UnsupportedError and others if the pipeline does not support the request.
 */
export async function openPipeline(
  { request, schedulerClass, rehearse: tryOut, ...job }: PipelineJob,
  options: PipelineFromPretrainedOptions & RepositorySettings & UNet2DSettings,
): Promise<OpenedPipeline> {
  const { model } = request;
  if (model !== undefined && (await isSingleFile(model))) {
    await checkSingleFile(model);
    const steps = countSteps(request, ConsistencyModelPipeline);
    const { id2label } = options;
    const classLabels = toClassIds(request.classLabels, id2label);
    const scheduler = schedulerOfFile(model, schedulerClass);
    const chosen = schedulerClass?.fromConfig(scheduler.config);
    const { config, tellsClasses } = presumedConfig(model, options);
    await rehearse(config, async (unet) => {
      const parts = { unet, scheduler: chosen ?? scheduler };
      return tellsClasses
        ? tryOut(new ConsistencyModelPipeline({ ...parts, id2label }), classLabels)
        : tryOut(new ConsistencyModelPipeline(parts), undefined);
    });
    const pipe = await ConsistencyModelPipeline.fromSingleFile(model, {
      ...options,
      scheduler,
      optimizeFor: chooseGoal(request, steps),
    });
    if (chosen !== undefined) pipe.scheduler = chosen;
    return { pipe, steps, classLabels };
  }
  refuseSingleFileSettings(options);
  const source = job.source ?? (await openPipelineSource(model, options));
  const pipelineClass = pipelineClassOf(source);
  const id2label = options.id2label ?? readId2Label(source);
  const classLabels = toClassIds(request.classLabels, id2label);
  const { own, chosen } = await loadSchedulers(source, schedulerClass, options);
  await requireUnetClass(source, options);
  const { config } = await readUnetConfig(source, options);
  await rehearse(config, async (unet) => {
    const pipe = new pipelineClass({ unet, scheduler: own, id2label });
    if (chosen !== undefined) pipe.scheduler = chosen;
    return tryOut(pipe, classLabels);
  });
  const steps = countSteps(request, pipelineClass, own.length);
  await job.announce(source);
  const pipe = await pipelineClass.fromSource(source, {
    ...options,
    scheduler: own,
    optimizeFor: chooseGoal(request, steps),
  });
  if (chosen !== undefined) pipe.scheduler = chosen;
  return { pipe, steps, classLabels };
}

/** A model's own scheduler, and its replacement. */
interface Schedulers {
  readonly own: Scheduler;
  readonly chosen: Scheduler | undefined;
}

async function loadSchedulers(
  source: PipelineSource,
  schedulerClass: SchedulerClass | undefined,
  options: PipelineFromPretrainedOptions,
): Promise<Schedulers> {
  if (schedulerClass === undefined) {
    return { own: await loadSchedulerOf(source, options), chosen: undefined };
  }
  const { signal, onProgress } = options;
  try {
    const own = await loadSchedulerOf(source, options);
    return { own, chosen: schedulerClass.fromConfig(own.config) };
  } catch (error) {
    // It is unknown here, or its class rejects its file: only the file is needed.
    if (!UnsupportedError.isInstance(error) && !InvalidConfigError.isInstance(error)) throw error;
    const chosen = await schedulerClass.fromPretrained(source.repository, { signal, onProgress });
    return { own: chosen, chosen };
  }
}

function countSteps(
  { timesteps, numInferenceSteps }: GenerateRequest,
  { defaultInferenceSteps }: { readonly defaultInferenceSteps: number },
  trainCount = Number.POSITIVE_INFINITY,
): number {
  return timesteps?.length ?? numInferenceSteps ?? Math.min(defaultInferenceSteps, trainCount);
}

function chooseGoal({ batchSize }: GenerateRequest, steps: number): "startup" | "throughput" {
  return batchSize * steps <= 2 ? "startup" : "throughput";
}

/** Opens the repository named by a command; `undefined` if it is a single-file original checkpoint. */
export async function openModel(
  model: string | undefined,
  options: RepositorySettings,
): Promise<PipelineSource | undefined> {
  if (model !== undefined && (await isSingleFile(model))) return undefined;
  return openPipelineSource(model, options);
}
