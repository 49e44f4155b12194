export type { SchedulerFromPretrainedOptions, SchedulerSource } from "./config/files.ts";
export type { ConfigOptions } from "./config/schema.ts";
export type { Scalings } from "./edm.ts";
export { SchedulerConfigNotFoundError } from "./errors.ts";
export {
  findSchedulerClass,
  loadScheduler,
  type SchedulerClass,
  schedulerClasses,
  schedulerFromJson,
} from "./load-scheduler.ts";
export type { ChurnOptions } from "./noise.ts";
export { type NoiseProcess, type NoiseProcessDescription, noiseProcesses } from "./noise-process.ts";
export {
  type Scheduler,
  type SchedulerOutput,
  type SetTimestepsOptions,
  type StepOptions,
  schedulerConfigName,
} from "./scheduler.ts";
export * from "./schedulers.ts";
export {
  type SearchTimestepsOptions,
  type SearchTimestepsResult,
  searchTimesteps,
  type TimestepsEvaluation,
} from "./search-timesteps.ts";
