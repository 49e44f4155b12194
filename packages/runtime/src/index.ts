export { checkSessionOptions } from "./check-session-options.ts";
export { checkWeightsFit, type WeightsToFit } from "./check-weights-fit.ts";
export { createInferenceSession } from "./create-inference-session.ts";
export { DeviceLostError } from "./errors/device-lost-error.ts";
export { InferenceError } from "./errors/inference-error.ts";
export { InvalidGraphError } from "./errors/invalid-graph-error.ts";
export { MissingRuntimeError } from "./errors/missing-runtime-error.ts";
export { OutOfMemoryError } from "./errors/out-of-memory-error.ts";
export { WeightsFileError } from "./errors/weights-file-error.ts";
export { WorkerExitError } from "./errors/worker-exit-error.ts";
export { findPrecisions } from "./find-precisions.ts";
export type {
  Device,
  GraphWithWeights,
  InferenceSession,
  InferenceSessionOptions,
  OnnxruntimeBuild,
  OptimizationGoal,
  Precision,
  WebOptions,
} from "./inference-session.ts";
export { planWeightFiles, type WeightFilesPlan } from "./plan-weight-files.ts";
export { resolveDevice } from "./resolve-device.ts";
export type { WeightsFile, WeightsReader } from "./weights-file.ts";
