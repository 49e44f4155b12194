import {
  ConsistencyModelPipeline,
  type DiffusionPipeline,
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  pipelineClassOf,
  readId2Label,
} from "@onestep/pipelines";
import type { SchedulerClass } from "@onestep/schedulers";
import { isSingleFile } from "../is-single-file.ts";
import type { RepositorySettings } from "../repository-settings.ts";
import { refuseSingleFileSettings } from "../single-file-options.ts";
import { checkSingleFile, schedulerOfFile } from "./check-single-file.ts";
import { toClassIds } from "./class-labels.ts";
import type { GenerateRequest } from "./generate-request.ts";

/** A pipeline and what a request makes it do. */
export interface OpenedPipeline {
  readonly pipe: DiffusionPipeline;
  /** How many steps it will take. */
  readonly steps: number;
  /** The classes that were asked for, as numbers. */
  readonly classLabels: readonly number[] | undefined;
}

/**
 * Loads a repository, or an original checkpoint, which is a single file. Where the model will run once or twice, it is
 * loaded to start soon rather than to run fast. Names of classes are looked up before any weights are read.
 *
 * @param schedulerClass - The scheduler that was asked for. Of a file whose name does not tell how the model was trained, it
 * decides what the model is sampled with.
 * @throws UsageError where the name of a class is unknown.
 */
export async function openPipeline(
  request: GenerateRequest,
  options: PipelineFromPretrainedOptions & RepositorySettings,
  schedulerClass?: SchedulerClass,
): Promise<OpenedPipeline> {
  const { model } = request;
  if (model !== undefined && (await isSingleFile(model))) {
    await checkSingleFile(model);
    const steps = countSteps(request, ConsistencyModelPipeline);
    const classLabels = toClassIds(request.classLabels, options.id2label);
    const pipe = await ConsistencyModelPipeline.fromSingleFile(model, {
      ...options,
      scheduler: schedulerOfFile(model, schedulerClass),
      optimizeFor: chooseGoal(request, steps),
    });
    return { pipe, steps, classLabels };
  }
  refuseSingleFileSettings(options);
  const source = await openPipelineSource(model, options);
  const pipelineClass = pipelineClassOf(source);
  const steps = countSteps(request, pipelineClass);
  const classLabels = toClassIds(request.classLabels, options.id2label ?? readId2Label(source));
  const pipe = await pipelineClass.fromSource(source, {
    ...options,
    optimizeFor: chooseGoal(request, steps),
  });
  return { pipe, steps, classLabels };
}

function countSteps(
  { timesteps, numInferenceSteps }: GenerateRequest,
  { defaultInferenceSteps }: { readonly defaultInferenceSteps: number },
): number {
  return timesteps?.length ?? numInferenceSteps ?? defaultInferenceSteps;
}

function chooseGoal({ batchSize }: GenerateRequest, steps: number): "startup" | "throughput" {
  return batchSize * steps <= 2 ? "startup" : "throughput";
}
