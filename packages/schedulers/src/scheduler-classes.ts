import type { ConfigFields, ConfigSchema, PythonJson } from "@onestep/core";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import type { SchedulerFromPretrainedOptions, SchedulerSource } from "./config/read-scheduler-document.ts";
import { DDIMScheduler } from "./ddim-scheduler.ts";
import { DDPMScheduler } from "./ddpm-scheduler.ts";
import { DEISMultistepScheduler } from "./deis-multistep-scheduler.ts";
import { DPMSolverMultistepScheduler } from "./dpm-solver-multistep-scheduler.ts";
import { DPMSolverSinglestepScheduler } from "./dpm-solver-singlestep-scheduler.ts";
import { EDMDDIMScheduler } from "./edm-ddim-scheduler.ts";
import { EDMDPMSolverMultistepScheduler } from "./edm-dpm-solver-multistep-scheduler.ts";
import { EDMDPM2Scheduler } from "./edm-dpm2-scheduler.ts";
import { EDMEulerAncestralScheduler } from "./edm-euler-ancestral-scheduler.ts";
import { EDMEulerScheduler } from "./edm-euler-scheduler.ts";
import { EDMHeunScheduler } from "./edm-heun-scheduler.ts";
import { EulerAncestralDiscreteScheduler } from "./euler-ancestral-discrete-scheduler.ts";
import { EulerDiscreteScheduler } from "./euler-discrete-scheduler.ts";
import { HeunDiscreteScheduler } from "./heun-discrete-scheduler.ts";
import { IPNDMScheduler } from "./ipndm-scheduler.ts";
import { KDPM2AncestralDiscreteScheduler } from "./kdpm2-ancestral-discrete-scheduler.ts";
import { KDPM2DiscreteScheduler } from "./kdpm2-discrete-scheduler.ts";
import { LCMScheduler } from "./lcm-scheduler.ts";
import { LMSDiscreteScheduler } from "./lms-discrete-scheduler.ts";
import { PNDMScheduler } from "./pndm-scheduler.ts";
import type { Scheduler } from "./scheduler.ts";
import { ScoreSdeVeScheduler } from "./score-sde-ve-scheduler.ts";
import { TCDScheduler } from "./tcd-scheduler.ts";
import { UniPCMultistepScheduler } from "./unipc-multistep-scheduler.ts";

/** The static side of a scheduler that can be made from a file. */
export interface SchedulerClass {
  /** The name of the class in files: that of diffusers, where it has one. */
  readonly className: string;
  /** The names of the classes that its config can be given to, its own among them. */
  readonly compatibles: readonly string[];
  /** The fields of its config. */
  readonly schema: ConfigSchema<ConfigFields>;
  /** A scheduler with the config of another, of this class or another. */
  fromConfig(config: object): Scheduler;
  /** A scheduler from the content of a `scheduler_config.json`. `source` names the file in messages. */
  fromJson(document: PythonJson, source: string): Scheduler;
  /** Loads the scheduler of a repository. */
  fromPretrained(source: SchedulerSource, options?: SchedulerFromPretrainedOptions): Promise<Scheduler>;
}

/** The schedulers that this package has, in the order of their names. */
export const schedulerClasses: readonly SchedulerClass[] = Object.freeze([
  CMStochasticIterativeScheduler,
  DDIMScheduler,
  DDPMScheduler,
  DEISMultistepScheduler,
  DPMSolverMultistepScheduler,
  DPMSolverSinglestepScheduler,
  EDMDDIMScheduler,
  EDMDPM2Scheduler,
  EDMDPMSolverMultistepScheduler,
  EDMEulerAncestralScheduler,
  EDMEulerScheduler,
  EDMHeunScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  HeunDiscreteScheduler,
  IPNDMScheduler,
  KDPM2AncestralDiscreteScheduler,
  KDPM2DiscreteScheduler,
  LCMScheduler,
  LMSDiscreteScheduler,
  PNDMScheduler,
  ScoreSdeVeScheduler,
  TCDScheduler,
  UniPCMultistepScheduler,
]);

/** The scheduler that goes by this name in diffusers; `undefined` where this package has none of that name. */
export function findSchedulerClass(className: string): SchedulerClass | undefined {
  return schedulerClasses.find((schedulerClass) => schedulerClass.className === className);
}
