import {
  ConsistencyModelPipeline,
  type DiffusionPipeline,
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  pipelineClassOf,
  readId2Label,
} from "@onestep/pipelines";
import { isSingleFile } from "../is-single-file.ts";
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
 * @throws UsageError where a name is unknown.
 */
export async function openPipeline(
  request: GenerateRequest,
  options: PipelineFromPretrainedOptions,
): Promise<OpenedPipeline> {
  const { model } = request;
  if (model !== undefined && isSingleFile(model)) {
    const steps = countSteps(request, ConsistencyModelPipeline);
    const classLabels = toClassIds(request.classLabels, options.id2label);
    const pipe = await ConsistencyModelPipeline.fromSingleFile(model, {
      ...options,
      optimizeFor: chooseGoal(request, steps),
    });
    return { pipe, steps, classLabels };
  }
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
