export {
  type Component,
  type ComponentEntry,
  type ComponentRecord,
  componentFolderName,
} from "./component/component.ts";
export {
  type ComponentClass,
  type ComponentRegistry,
  componentRegistry,
  findComponentFolder,
  type LoadComponentOptions,
} from "./component/component-registry.ts";
export type { ComponentSlot, ComponentSlots } from "./component/component-slots.ts";
export {
  type LoadPipelineOptions,
  loadSchedulerOf,
  openPipelineSource,
  type PipelineSource,
  resolveComponent,
} from "./component/load-components.ts";
export { type ModelIndex, parseModelIndex } from "./component/model-index.ts";
export {
  type AnyGenerateOptions,
  DiffusionPipeline,
  type DiffusionPipelineLoader,
  findPipelineClass,
  type PipelineClass,
  pipelineClasses,
  pipelineClassOf,
  type UNet2DPipeline,
} from "./diffusion-pipeline.ts";
export {
  type ConsistencyModelColorizationOptions,
  ConsistencyModelColorizationPipeline,
} from "./editing/consistency-model-colorization-pipeline.ts";
export {
  type ConsistencyModelDenoisingOptions,
  ConsistencyModelDenoisingPipeline,
} from "./editing/consistency-model-denoising-pipeline.ts";
export {
  type ConsistencyModelImg2ImgOptions,
  ConsistencyModelImg2ImgPipeline,
} from "./editing/consistency-model-img2img-pipeline.ts";
export {
  type ConsistencyModelInpaintOptions,
  ConsistencyModelInpaintPipeline,
} from "./editing/consistency-model-inpaint-pipeline.ts";
export {
  type BetweenImages,
  type BetweenSeeds,
  type ConsistencyModelInterpolationOptions,
  ConsistencyModelInterpolationPipeline,
} from "./editing/consistency-model-interpolation-pipeline.ts";
export {
  type ConsistencyModelSuperResolutionOptions,
  ConsistencyModelSuperResolutionPipeline,
} from "./editing/consistency-model-super-resolution-pipeline.ts";
export type { ConsistencyScheduler } from "./editing/consistency-scheduler.ts";
export type { EditOptions } from "./editing/edit-options.ts";
export { ConsistencyModelEditingPipelineBase } from "./editing/editing-pipeline.ts";
export type { ResizeMode } from "./editing/fit-images.ts";
export type { ImageInput } from "./editing/images.ts";
export { DiffusionPipelineBase, type PushPipelineOptions } from "./pipeline.ts";
export type {
  FromPretrainedOptions,
  PartsOf,
  PipelineComponents,
  PipelineConstructor,
  PipelineLoader,
} from "./pipeline-types.ts";
export type { RunSettings, SamplingRun } from "./sampling/begin-sampling.ts";
export { type DenoisingRun, denoise, type NoisePredictor } from "./sampling/denoise.ts";
export type { GenerateOptions, OutputType, StepEndEvent } from "./sampling/generate-options.ts";
export type { ImagePipelineOutput } from "./sampling/image-output.ts";
export {
  type AutoPipeline,
  AutoPipelineForImage2Image,
  AutoPipelineForInpainting,
  AutoPipelineForText2Image,
  findPromptPipelineClass,
  type ImageToImagePipeline,
  type InpaintingPipeline,
  type PromptPipelineClass,
  type PromptTask,
  promptPipelineClasses,
  type TextToImagePipeline,
} from "./text-to-image/auto-pipeline.ts";
export type {
  ConditionalUNet,
  LatentAutoencoder,
  PromptTokenizer,
  SafetyChecker,
  StableDiffusionComponents,
  TextEncoder,
} from "./text-to-image/components.ts";
export {
  type LatentConsistencyModelGenerateOptions,
  type LatentConsistencyModelImg2ImgGenerateOptions,
  LatentConsistencyModelImg2ImgPipeline,
  LatentConsistencyModelPipeline,
} from "./text-to-image/latent-consistency-model-pipeline.ts";
export { LatentDiffusionPipelineBase } from "./text-to-image/latent-diffusion-pipeline.ts";
export type { LatentPipelineOutput } from "./text-to-image/latent-images.ts";
export { estimateLatentImages } from "./text-to-image/latent-preview.ts";
export type { AdapterWeights, FuseLoraOptions, SetAdaptersOptions } from "./text-to-image/lora/adapters.ts";
export {
  type LoadLoraOptions,
  type LoraFile,
  type OpenLoraOptions,
  openLora,
} from "./text-to-image/lora/load-lora.ts";
export type { LoadTextualInversionOptions } from "./text-to-image/lora/textual-inversion.ts";
export type {
  GuidedOptions,
  LatentOutputType,
  LatentStepEndEvent,
  StepChanges,
  TextToImageOptions,
} from "./text-to-image/options.ts";
export type { ImageToImageOptions } from "./text-to-image/run-from-image.ts";
export type { InpaintOptions } from "./text-to-image/run-inpainting.ts";
export {
  type StableDiffusionGenerateOptions,
  type StableDiffusionImg2ImgGenerateOptions,
  StableDiffusionImg2ImgPipeline,
  type StableDiffusionInpaintGenerateOptions,
  StableDiffusionInpaintPipeline,
  StableDiffusionPipeline,
} from "./text-to-image/stable-diffusion-pipeline.ts";
export {
  type StableDiffusionXLComponents,
  type StableDiffusionXLGenerateOptions,
  type StableDiffusionXLImg2ImgGenerateOptions,
  StableDiffusionXLImg2ImgPipeline,
  type StableDiffusionXLInpaintGenerateOptions,
  StableDiffusionXLInpaintPipeline,
  type StableDiffusionXLParts,
  StableDiffusionXLPipeline,
  type StableDiffusionXLSettings,
} from "./text-to-image/stable-diffusion-xl-pipeline.ts";
export type { XLOptions } from "./text-to-image/xl-conditions.ts";
export {
  type ClassLabelsInput,
  ClassNames,
  type Id2Label,
  parseId2Label,
} from "./unconditional/class-names.ts";
export {
  type ConsistencyModelGenerateOptions,
  ConsistencyModelPipeline,
} from "./unconditional/consistency-model-pipeline.ts";
export { type DDIMGenerateOptions, DDIMPipeline } from "./unconditional/ddim-pipeline.ts";
export { type DDPMGenerateOptions, DDPMPipeline } from "./unconditional/ddpm-pipeline.ts";
export { type PNDMGenerateOptions, PNDMPipeline } from "./unconditional/pndm-pipeline.ts";
export { rehearse } from "./unconditional/rehearse.ts";
export { type ScoreSdeVeGenerateOptions, ScoreSdeVePipeline } from "./unconditional/score-sde-ve-pipeline.ts";
export { type PipelineFromSingleFileOptions, schedulerForFile } from "./unconditional/single-file.ts";
export {
  type FoundUnetConfig,
  findUnetClass,
  type ModelInUse,
  readUnetConfig,
  requireRunnable,
  requireUnetClass,
  type UNet2D,
  type UNet2DConfig,
} from "./unconditional/unet-2d.ts";
export {
  type ClassConditionalGenerateOptions,
  type ClassConditionalOutput,
  type PipelineFromPretrainedOptions,
  readId2Label,
  type UNet2DComponents,
  type UNet2DParts,
  UNet2DPipelineBase,
  type UNet2DRun,
  type UNet2DRunSettings,
  type UNet2DSettings,
} from "./unconditional/unet-2d-pipeline.ts";
