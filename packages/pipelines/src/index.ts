export { type ClassLabelsInput, ClassNames, type Id2Label, parseId2Label } from "./class-names.ts";
export {
  type ConsistencyModelGenerateOptions,
  ConsistencyModelPipeline,
} from "./consistency-models/consistency-model-pipeline.ts";
export { type DDIMGenerateOptions, DDIMPipeline } from "./ddim/ddim-pipeline.ts";
export { type DDPMGenerateOptions, DDPMPipeline } from "./ddpm/ddpm-pipeline.ts";
export { DiffusionPipeline, type DiffusionPipelineLoader } from "./diffusion-pipeline.ts";
export {
  DiffusionPipelineBase,
  type PipelineConstructor,
  type PushPipelineOptions,
} from "./diffusion-pipeline-base.ts";
export {
  type ConsistencyModelColorizationOptions,
  ConsistencyModelColorizationPipeline,
} from "./editing/consistency-model-colorization-pipeline.ts";
export {
  type ConsistencyModelDenoisingOptions,
  ConsistencyModelDenoisingPipeline,
} from "./editing/consistency-model-denoising-pipeline.ts";
export {
  ConsistencyModelEditingPipelineBase,
  type EditingPipelineConstructor,
} from "./editing/consistency-model-editing-pipeline-base.ts";
export {
  type ConsistencyModelImg2ImgOptions,
  ConsistencyModelImg2ImgPipeline,
} from "./editing/consistency-model-img2img-pipeline.ts";
export {
  type ConsistencyModelInpaintOptions,
  ConsistencyModelInpaintPipeline,
} from "./editing/consistency-model-inpaint-pipeline.ts";
export {
  type ConsistencyModelSuperResolutionOptions,
  ConsistencyModelSuperResolutionPipeline,
} from "./editing/consistency-model-super-resolution-pipeline.ts";
export type { ConsistencyScheduler } from "./editing/consistency-scheduler.ts";
export type { EditOptions } from "./editing/edit-options.ts";
export type { ImageInput, ResizeMode } from "./editing/images/image-input.ts";
export { ConsistencyModelInterpolationPipeline } from "./editing/interpolation/consistency-model-interpolation-pipeline.ts";
export type {
  BetweenImages,
  BetweenSeeds,
  ConsistencyModelInterpolationOptions,
} from "./editing/interpolation/interpolation-options.ts";
export { findComponentFolder } from "./loading/find-component-folder.ts";
export { findUnetClass } from "./loading/find-unet-class.ts";
export {
  loadSchedulerOf,
  openPipelineSource,
  type PipelineFromPretrainedOptions,
  type PipelineSource,
  requireUnetClass,
} from "./loading/load-components.ts";
export type { PipelineFromSingleFileOptions } from "./loading/load-single-file.ts";
export { type FoundUnetConfig, readUnetConfig } from "./loading/read-unet-config.ts";
export { schedulerForFile } from "./loading/scheduler-for-file.ts";
export {
  formatModelIndex,
  type ModelIndex,
  parseModelIndex,
  readId2Label,
} from "./model-index/model-index.ts";
export {
  findPipelineClass,
  type PipelineClass,
  pipelineClasses,
  pipelineClassOf,
} from "./pipeline-classes.ts";
export type { PipelineComponents, PipelineParts } from "./pipeline-components.ts";
export { type PNDMGenerateOptions, PNDMPipeline } from "./pndm/pndm-pipeline.ts";
export { rehearse } from "./rehearse.ts";
export type { GenerateOptions, OutputType, StepEndEvent } from "./sampling/generate-options.ts";
export type { ImagePipelineOutput } from "./sampling/image-pipeline-output.ts";
export { type ModelInUse, requireRunnable } from "./sampling/require-runnable.ts";
export { type ScoreSdeVeGenerateOptions, ScoreSdeVePipeline } from "./score-sde-ve/score-sde-ve-pipeline.ts";
