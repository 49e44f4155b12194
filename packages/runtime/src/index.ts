export type { Device, InferenceBackend, Precision, StartOptions } from "./backend.ts";
export {
  DeviceLostError,
  InferenceError,
  InvalidGraphError,
  MissingRuntimeError,
  OutOfMemoryError,
  WeightsFileError,
  WorkerExitError,
} from "./errors.ts";
export {
  checkSessionOptions,
  checkWeightsFit,
  findPrecisions,
  resolveDevice,
  type WeightsToFit,
} from "./options.ts";
export { planWeightFiles, type WeightFilesPlan } from "./plan-weight-files.ts";
export {
  createInferenceSession,
  type GraphWithWeights,
  type InferenceSession,
  type InferenceSessionOptions,
  type OnnxruntimeBuild,
  type OptimizationGoal,
  type WebOptions,
  type WeightsFile,
  type WeightsReader,
} from "./session.ts";
