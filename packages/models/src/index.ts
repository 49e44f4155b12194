export type { Checkpoint, CheckpointTensor } from "./checkpoint/checkpoint.ts";
export type { ModelFilesOptions } from "./checkpoint/list-model-files.ts";
export { matchWeights } from "./checkpoint/match-weights.ts";
export { type OpenCheckpointOptions, openCheckpoint } from "./checkpoint/open-checkpoint.ts";
export type { PushModelOptions } from "./checkpoint/push-model.ts";
export {
  type ReadWeightsFileOptions,
  readTorchFile,
  readWeightsFile,
} from "./checkpoint/read-weights-file.ts";
export { readSafetensors } from "./checkpoint/safetensors.ts";
export type { SaveModelOptions } from "./checkpoint/save-model.ts";
export type { ReadTorchFileOptions } from "./checkpoint/torch-file/read-torch-file.ts";
export { isWeightsFileName } from "./checkpoint/weights-file-names.ts";
export {
  defineModel,
  type ExpectedWeight,
  listWeights,
  type ModelDefinition,
  type Tensors,
} from "./definition.ts";
export { CheckpointError, UnsafePickleError, type WeightsMismatch, WeightsMismatchError } from "./errors.ts";
export { convolutionLayer, groupNormLayer, layerNormLayer, linearLayer } from "./layers/modules.ts";
export type { RequestedPrecision, RunOptions } from "./load-plan.ts";
export { type LoadedModel, type LoadModelOptions, Model, type ModelClass } from "./model.ts";
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
