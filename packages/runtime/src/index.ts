export type { AvailableDevice, Device, InferenceBackend, Precision, StartOptions } from "./backend.ts";
export {
  DeviceLostError,
  InferenceError,
  InvalidGraphError,
  MissingRuntimeError,
  OutOfMemoryError,
  WeightsFileError,
  WorkerExitError,
} from "./errors.ts";
export { scoreBytes } from "./onnxruntime/attention.ts";
export type { InterleavedRows } from "./onnxruntime/lower-weight.ts";
export { largestArrayBytes } from "./onnxruntime/tables.ts";
export {
  checkWeightsFit,
  chooseDevice,
  findCores,
  findDevices,
  planSession,
  type SessionPlan,
  type WeightsToFit,
} from "./options.ts";
export {
  createInferenceSession,
  type GraphWithWeights,
  type InferenceSession,
  type InferenceSessionOptions,
  type OnnxModel,
  type OnnxruntimeBuild,
  type OptimizationGoal,
  startSession,
  type WebOptions,
} from "./session.ts";
export { readWeight, type StoredFile, type StoredWeight, type WeightsReader } from "./stored-weight.ts";
