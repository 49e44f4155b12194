export {
  CMStochasticIterativeScheduler,
  type CMStochasticIterativeSchedulerOutput,
  type CMStochasticIterativeSchedulerStepOptions,
} from "./cm-stochastic-iterative-scheduler.ts";
export type {
  CMStochasticIterativeSchedulerConfig,
  CMStochasticIterativeSchedulerOptions,
} from "./cm-stochastic-iterative-scheduler-config.ts";
export type { SchedulerFromPretrainedOptions, SchedulerSource } from "./config/read-scheduler-document.ts";
export type { ConfigOptions } from "./config/scheduler-config.ts";
export { schedulerConfigName } from "./config/scheduler-config-name.ts";
export { SchedulerConfigNotFoundError } from "./config/scheduler-config-not-found-error.ts";
export {
  DDIMScheduler,
  type DDIMSchedulerConfig,
  type DDIMSchedulerOptions,
  type DDIMSchedulerOutput,
  type DDIMStepOptions,
} from "./ddim-scheduler.ts";
export {
  DDPMScheduler,
  type DDPMSchedulerConfig,
  type DDPMSchedulerOptions,
  type DDPMSchedulerOutput,
  type DDPMVarianceType,
} from "./ddpm-scheduler.ts";
export {
  DEISMultistepScheduler,
  type DEISMultistepSchedulerConfig,
  type DEISMultistepSchedulerOptions,
  type DEISMultistepSchedulerOutput,
  type DEISMultistepSetTimestepsOptions,
} from "./deis-multistep-scheduler.ts";
export {
  DPMSolverMultistepScheduler,
  type DPMSolverMultistepSchedulerConfig,
  type DPMSolverMultistepSchedulerOptions,
  type DPMSolverMultistepSchedulerOutput,
  type DPMSolverMultistepSetTimestepsOptions,
  type DPMSolverMultistepStepOptions,
} from "./dpm-solver-multistep-scheduler.ts";
export {
  DPMSolverSinglestepScheduler,
  type DPMSolverSinglestepSchedulerConfig,
  type DPMSolverSinglestepSchedulerOptions,
  type DPMSolverSinglestepSchedulerOutput,
  type DPMSolverSinglestepSetTimestepsOptions,
} from "./dpm-solver-singlestep-scheduler.ts";
export {
  EDMDDIMScheduler,
  type EDMDDIMSchedulerConfig,
  type EDMDDIMSchedulerOptions,
  type EDMDDIMSchedulerOutput,
} from "./edm-ddim-scheduler.ts";
export {
  EDMDPMSolverMultistepScheduler,
  type EDMDPMSolverMultistepSchedulerConfig,
  type EDMDPMSolverMultistepSchedulerOptions,
  type EDMDPMSolverMultistepSchedulerOutput,
} from "./edm-dpm-solver-multistep-scheduler.ts";
export {
  EDMDPM2Scheduler,
  type EDMDPM2SchedulerConfig,
  type EDMDPM2SchedulerOptions,
  type EDMDPM2SchedulerOutput,
} from "./edm-dpm2-scheduler.ts";
export {
  EDMEulerAncestralScheduler,
  type EDMEulerAncestralSchedulerConfig,
  type EDMEulerAncestralSchedulerOptions,
  type EDMEulerAncestralSchedulerOutput,
} from "./edm-euler-ancestral-scheduler.ts";
export {
  EDMEulerScheduler,
  type EDMEulerSchedulerConfig,
  type EDMEulerSchedulerOptions,
  type EDMEulerSchedulerOutput,
  type EDMEulerSetTimestepsOptions,
  type EDMEulerStepOptions,
} from "./edm-euler-scheduler.ts";
export {
  EDMHeunScheduler,
  type EDMHeunSchedulerConfig,
  type EDMHeunSchedulerOptions,
  type EDMHeunSchedulerOutput,
} from "./edm-heun-scheduler.ts";
export {
  EulerAncestralDiscreteScheduler,
  type EulerAncestralDiscreteSchedulerConfig,
  type EulerAncestralDiscreteSchedulerOptions,
  type EulerAncestralDiscreteSchedulerOutput,
} from "./euler-ancestral-discrete-scheduler.ts";
export {
  EulerDiscreteScheduler,
  type EulerDiscreteSchedulerConfig,
  type EulerDiscreteSchedulerOptions,
  type EulerDiscreteSchedulerOutput,
  type EulerDiscreteSetTimestepsOptions,
  type EulerDiscreteStepOptions,
} from "./euler-discrete-scheduler.ts";
export {
  HeunDiscreteScheduler,
  type HeunDiscreteSchedulerConfig,
  type HeunDiscreteSchedulerOptions,
  type HeunDiscreteSchedulerOutput,
} from "./heun-discrete-scheduler.ts";
export {
  IPNDMScheduler,
  type IPNDMSchedulerConfig,
  type IPNDMSchedulerOptions,
  type IPNDMSchedulerOutput,
} from "./ipndm-scheduler.ts";
export {
  KDPM2AncestralDiscreteScheduler,
  type KDPM2AncestralDiscreteSchedulerConfig,
  type KDPM2AncestralDiscreteSchedulerOptions,
  type KDPM2AncestralDiscreteSchedulerOutput,
} from "./kdpm2-ancestral-discrete-scheduler.ts";
export {
  KDPM2DiscreteScheduler,
  type KDPM2DiscreteSchedulerConfig,
  type KDPM2DiscreteSchedulerOptions,
  type KDPM2DiscreteSchedulerOutput,
} from "./kdpm2-discrete-scheduler.ts";
export {
  LCMScheduler,
  type LCMSchedulerConfig,
  type LCMSchedulerOptions,
  type LCMSchedulerOutput,
  type LCMSetTimestepsOptions,
} from "./lcm-scheduler.ts";
export {
  LMSDiscreteScheduler,
  type LMSDiscreteSchedulerConfig,
  type LMSDiscreteSchedulerOptions,
  type LMSDiscreteSchedulerOutput,
  type LMSDiscreteStepOptions,
} from "./lms-discrete-scheduler.ts";
export { loadScheduler, schedulerFromJson } from "./load-scheduler.ts";
export {
  PNDMScheduler,
  type PNDMSchedulerConfig,
  type PNDMSchedulerOptions,
  type PNDMSchedulerOutput,
} from "./pndm-scheduler.ts";
export type { ChurnOptions } from "./run/choose-gamma.ts";
export type { Scheduler, SchedulerOutput, SetTimestepsOptions, StepOptions } from "./scheduler.ts";
export { findSchedulerClass, type SchedulerClass, schedulerClasses } from "./scheduler-classes.ts";
export {
  ScoreSdeVeScheduler,
  type ScoreSdeVeSchedulerConfig,
  type ScoreSdeVeSchedulerOptions,
  type ScoreSdeVeSetTimestepsOptions,
  type SdeVeCorrection,
  type SdeVeOutput,
} from "./score-sde-ve-scheduler.ts";
export type { Scalings } from "./sigmas/preconditioning.ts";
export {
  TCDScheduler,
  type TCDSchedulerConfig,
  type TCDSchedulerOptions,
  type TCDSchedulerOutput,
  type TCDSetTimestepsOptions,
  type TCDStepOptions,
} from "./tcd-scheduler.ts";
export {
  type SearchTimestepsOptions,
  type SearchTimestepsResult,
  searchTimesteps,
  type TimestepsEvaluation,
} from "./timesteps/search-timesteps.ts";
export {
  UniPCMultistepScheduler,
  type UniPCMultistepSchedulerOutput,
  type UniPCMultistepSetTimestepsOptions,
} from "./unipc-multistep-scheduler.ts";
export type {
  UniPCMultistepSchedulerConfig,
  UniPCMultistepSchedulerOptions,
} from "./unipc-multistep-scheduler-config.ts";
