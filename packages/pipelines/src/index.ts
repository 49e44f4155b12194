export {
  ConsistencyModelPipeline,
  type ImagePipelineOutput,
} from "./consistency-models/consistency-model-pipeline.ts";
export type {
  ConsistencyModelGenerateOptions,
  OutputType,
  StepEndEvent,
} from "./consistency-models/generate-options.ts";
export { DiffusionPipeline, type DiffusionPipelineLoader } from "./diffusion-pipeline.ts";
export {
  DiffusionPipelineBase,
  type PipelineComponents,
  type PushPipelineOptions,
} from "./diffusion-pipeline-base.ts";
export { findComponentFolder } from "./loading/find-component-folder.ts";
export {
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  type PipelineSource,
} from "./loading/load-components.ts";
export type { PipelineFromSingleFileOptions } from "./loading/load-single-file.ts";
export { formatModelIndex, type ModelIndex, parseModelIndex } from "./model-index/model-index.ts";
