import { UnsupportedError } from "@onestep/core";
import { ConsistencyModelPipeline } from "./consistency-models/consistency-model-pipeline.ts";
import { DDIMPipeline } from "./ddim/ddim-pipeline.ts";
import { DDPMPipeline } from "./ddpm/ddpm-pipeline.ts";
import type { DiffusionPipelineBase } from "./diffusion-pipeline-base.ts";
import type { PipelineFromPretrainedOptions, PipelineSource } from "./loading/load-components.ts";
import type { ModelIndex } from "./model-index/model-index.ts";
import type { PipelineParts } from "./pipeline-components.ts";
import { PNDMPipeline } from "./pndm/pndm-pipeline.ts";
import type { GenerateOptions, OutputType } from "./sampling/generate-options.ts";
import type { ImagePipelineOutput } from "./sampling/image-pipeline-output.ts";
import { ScoreSdeVePipeline } from "./score-sde-ve/score-sde-ve-pipeline.ts";

/** A pipeline of any class that makes images from noise. */
export interface DiffusionPipeline extends DiffusionPipelineBase {
  /** Makes images. */
  generate<Output extends OutputType = "image">(
    options?: GenerateOptions<Output>,
  ): Promise<ImagePipelineOutput<Output>>;
}

/** The static side of a pipeline that a repository can name. */
export interface PipelineClass {
  /** A pipeline of parts that are there. */
  new (parts: PipelineParts, modelIndex?: ModelIndex): DiffusionPipeline;
  /** The class as `model_index.json` names it. */
  readonly className: string;
  /** How many steps a run takes where nobody says. */
  readonly defaultInferenceSteps: number;
  /** Loads a pipeline from an open repository. */
  fromSource(source: PipelineSource, options?: PipelineFromPretrainedOptions): Promise<DiffusionPipeline>;
}

/** The pipelines that a repository can name, in the order of their names. */
export const pipelineClasses: readonly PipelineClass[] = Object.freeze([
  ConsistencyModelPipeline,
  DDIMPipeline,
  DDPMPipeline,
  PNDMPipeline,
  ScoreSdeVePipeline,
]);

/** The pipeline that goes by this name in diffusers; `undefined` where this package has none of that name. */
export function findPipelineClass(className: string): PipelineClass | undefined {
  return pipelineClasses.find((pipelineClass) => pipelineClass.className === className);
}

/**
 * The class that the index of a repository names.
 *
 * @throws UnsupportedError where this package has none of that name; the message lists those that it has.
 */
export function pipelineClassOf({ repository, modelIndex }: PipelineSource): PipelineClass {
  const pipelineClass = findPipelineClass(modelIndex.className);
  if (pipelineClass !== undefined) return pipelineClass;
  throw new UnsupportedError({
    subject: `model_index.json of ${repository.name}`,
    found: `a ${modelIndex.className}`,
    expected: `a pipeline that is built here: ${pipelineClasses.map(({ className }) => className).join(", ")}`,
    remedy: "Load a repository of such a pipeline.",
  });
}
