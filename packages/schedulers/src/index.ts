export type { SchedulerFromPretrainedOptions, SchedulerSource } from "./config/read-scheduler-document.ts";
export type { ConfigOptions } from "./config/scheduler-config.ts";
export { schedulerConfigName } from "./config/scheduler-config-name.ts";
export { SchedulerConfigNotFoundError } from "./config/scheduler-config-not-found-error.ts";
export { loadScheduler, schedulerFromJson } from "./load-scheduler.ts";
export { type NoiseProcess, type NoiseProcessDescription, noiseProcesses } from "./noise-process.ts";
export type { ChurnOptions } from "./run/choose-gamma.ts";
export type { Scheduler, SchedulerOutput, SetTimestepsOptions, StepOptions } from "./scheduler.ts";
export { findSchedulerClass, type SchedulerClass, schedulerClasses } from "./scheduler-classes.ts";
export * from "./schedulers.ts";
export type { Scalings } from "./sigmas/preconditioning.ts";
export {
  type SearchTimestepsOptions,
  type SearchTimestepsResult,
  searchTimesteps,
  type TimestepsEvaluation,
} from "./timesteps/search-timesteps.ts";
