import {
  ConsistencyModelPipeline,
  type DiffusionPipeline,
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  pipelineClassOf,
} from "@onestep/pipelines";
import { isSingleFile } from "../is-single-file.ts";
import type { GenerateRequest } from "./generate-request.ts";

/** A pipeline and what a request makes it do. */
export interface OpenedPipeline {
  readonly pipe: DiffusionPipeline;
  /** How many steps it will take. */
  readonly steps: number;
}

/**
 * Loads a repository, or an original checkpoint, which is a single file. Where the model will run once or twice, it is
 * loaded to start soon rather than to run fast.
 */
export async function openPipeline(
  request: GenerateRequest,
  options: PipelineFromPretrainedOptions,
): Promise<OpenedPipeline> {
  const { model } = request;
  if (model !== undefined && isSingleFile(model)) {
    const steps = countSteps(request, ConsistencyModelPipeline);
    const pipe = await ConsistencyModelPipeline.fromSingleFile(model, {
      ...options,
      optimizeFor: chooseGoal(request, steps),
    });
    return { pipe, steps };
  }
  const source = await openPipelineSource(model, options);
  const pipelineClass = pipelineClassOf(source);
  const steps = countSteps(request, pipelineClass);
  const pipe = await pipelineClass.fromSource(source, {
    ...options,
    optimizeFor: chooseGoal(request, steps),
  });
  return { pipe, steps };
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
