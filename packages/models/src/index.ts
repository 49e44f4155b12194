export {
  AdaptableModel,
  type AdapterLayer,
  type AdapterSnapshot,
  type AdapterState,
} from "./adaptable-model.ts";
export {
  AutoencoderKL,
  type AutoencoderOptions,
  DiagonalGaussianDistribution,
} from "./autoencoder-kl/autoencoder-kl.ts";
export type {
  AutoencoderKLConfig,
  AutoencoderKLConfigValues,
} from "./autoencoder-kl/autoencoder-kl-config.ts";
export { AutoencoderTiny } from "./autoencoder-tiny/autoencoder-tiny.ts";
export type {
  AutoencoderTinyConfig,
  AutoencoderTinyConfigValues,
} from "./autoencoder-tiny/autoencoder-tiny-config.ts";
export type { Checkpoint, CheckpointTensor } from "./checkpoint/checkpoint.ts";
export { type ModelFilesOptions, modelFilesOptionNames } from "./checkpoint/list-model-files.ts";
export { matchWeights } from "./checkpoint/match-weights.ts";
export { type OpenCheckpointOptions, openCheckpoint } from "./checkpoint/open-checkpoint.ts";
export type { PushModelOptions } from "./checkpoint/push-model.ts";
export { readTensor } from "./checkpoint/read-tensor.ts";
export {
  type ReadWeightsFileOptions,
  readTorchFile,
  readTorchTexts,
  readWeightsFile,
} from "./checkpoint/read-weights-file.ts";
export { readSafetensors, readSafetensorsMetadata } from "./checkpoint/safetensors.ts";
export { type SaveModelOptions, saveOptionNames } from "./checkpoint/save-model.ts";
export type { ReadTorchFileOptions } from "./checkpoint/torch-file/read-torch-file.ts";
export { isWeightsFileName } from "./checkpoint/weights-file-names.ts";
export type { CLIPTextConfig, CLIPTextConfigValues } from "./clip-text/clip-text-config.ts";
export {
  CLIPTextModel,
  type CLIPTextModelForwardOptions,
  type CLIPTextModelOutput,
  CLIPTextModelWithProjection,
} from "./clip-text/clip-text-model.ts";
export {
  CLIPTokenizer,
  type CLIPTokenizerConfig,
  inversionTokenNames,
  type LoadTokenizerOptions,
  type PaddedEncoding,
} from "./clip-tokenizer/clip-tokenizer.ts";
export {
  defineMethods,
  defineModel,
  type ExpectedWeight,
  listWeights,
  type ModelDefinition,
  type ModelGraphs,
  type Tensors,
} from "./definition.ts";
export { CheckpointError, UnsafePickleError, type WeightsMismatch, WeightsMismatchError } from "./errors.ts";
export { guidanceScaleEmbedding } from "./layers/embeddings.ts";
export { convolutionLayer, groupNormLayer, layerNormLayer, linearLayer } from "./layers/modules.ts";
export {
  type LoadedModel,
  type LoadModelOptions,
  planLoad,
  type RequestedPrecision,
  type RunOptions,
  runOptionNames,
} from "./load-model.ts";
export { Model, type ModelClass, type ModelLoader } from "./model.ts";
export { type CheckImagesOptions, StableDiffusionSafetyChecker } from "./safety-checker/safety-checker.ts";
export type {
  SafetyCheckerConfig,
  SafetyCheckerConfigValues,
} from "./safety-checker/safety-checker-config.ts";
export { type FileNameClaims, readFileNameClaims } from "./single-file/file-name-claims.ts";
export {
  type OpenSingleFileOptions,
  openSingleFile,
  type SingleFileCheckpoint,
} from "./single-file/open-single-file.ts";
export { type ClassLabels, type ResolveClassLabelsOptions, resolveClassLabels } from "./unet-2d/inputs.ts";
export {
  type LoadSingleFileOptions,
  listUNet2DModelWeights,
  loadSingleFileOptionNames,
  UNet2DModel,
  type UNet2DModelForwardOptions,
  type UNet2DModelOutput,
} from "./unet-2d/unet-2d-model.ts";
export {
  completeUNet2DModelConfig,
  sampleSizeOf,
  type UNet2DModelConfig,
  type UNet2DModelConfigValues,
  unet2DModelConfigSchema,
} from "./unet-2d/unet-2d-model-config.ts";
export {
  type AddedConditions,
  UNet2DConditionModel,
  type UNet2DConditionModelForwardOptions,
} from "./unet-2d-condition/unet-2d-condition-model.ts";
export {
  latentSizeOf,
  type UNet2DConditionModelConfig,
  type UNet2DConditionModelConfigValues,
} from "./unet-2d-condition/unet-2d-condition-model-config.ts";
