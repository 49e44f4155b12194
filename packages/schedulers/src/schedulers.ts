// Every scheduler that there is: the exports of the package, and what `schedulerClasses` lists.

export * from "./cm-stochastic-iterative-scheduler.ts";
export type {
  CMStochasticIterativeSchedulerConfig,
  CMStochasticIterativeSchedulerOptions,
} from "./cm-stochastic-iterative-scheduler-config.ts";
export * from "./ddim-inverse-scheduler.ts";
export * from "./ddim-scheduler.ts";
export * from "./ddpm-scheduler.ts";
export * from "./deis-multistep-scheduler.ts";
export * from "./dpm-solver-multistep-scheduler.ts";
export * from "./dpm-solver-singlestep-scheduler.ts";
export * from "./edm-ddim-scheduler.ts";
export * from "./edm-dpm-solver-multistep-scheduler.ts";
export * from "./edm-dpm2-scheduler.ts";
export * from "./edm-euler-ancestral-scheduler.ts";
export * from "./edm-euler-scheduler.ts";
export * from "./edm-heun-scheduler.ts";
export * from "./euler-ancestral-discrete-scheduler.ts";
export * from "./euler-discrete-scheduler.ts";
export * from "./heun-discrete-scheduler.ts";
export * from "./ipndm-scheduler.ts";
export * from "./kdpm2-ancestral-discrete-scheduler.ts";
export * from "./kdpm2-discrete-scheduler.ts";
export * from "./lcm-scheduler.ts";
export * from "./lms-discrete-scheduler.ts";
export * from "./pndm-scheduler.ts";
export * from "./score-sde-ve-scheduler.ts";
export * from "./tcd-scheduler.ts";
export * from "./unipc-multistep-scheduler.ts";
export type {
  UniPCMultistepSchedulerConfig,
  UniPCMultistepSchedulerOptions,
} from "./unipc-multistep-scheduler-config.ts";
