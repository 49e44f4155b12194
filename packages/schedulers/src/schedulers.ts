// Every scheduler of the package: exported from here, and listed in `schedulerClasses`.

export * from "./schedulers/cm-stochastic-iterative-scheduler.ts";
export * from "./schedulers/ddim-inverse-scheduler.ts";
export * from "./schedulers/ddim-scheduler.ts";
export * from "./schedulers/ddpm-scheduler.ts";
export * from "./schedulers/deis-multistep-scheduler.ts";
export * from "./schedulers/dpm-solver-multistep-scheduler.ts";
export * from "./schedulers/dpm-solver-singlestep-scheduler.ts";
export * from "./schedulers/edm-ddim-scheduler.ts";
export * from "./schedulers/edm-dpm-solver-multistep-scheduler.ts";
export * from "./schedulers/edm-dpm2-scheduler.ts";
export * from "./schedulers/edm-euler-ancestral-scheduler.ts";
export * from "./schedulers/edm-euler-scheduler.ts";
export * from "./schedulers/edm-heun-scheduler.ts";
export * from "./schedulers/euler-ancestral-discrete-scheduler.ts";
export * from "./schedulers/euler-discrete-scheduler.ts";
export * from "./schedulers/flow-match-euler-discrete-scheduler.ts";
export * from "./schedulers/heun-discrete-scheduler.ts";
export * from "./schedulers/ipndm-scheduler.ts";
export * from "./schedulers/kdpm2-ancestral-discrete-scheduler.ts";
export * from "./schedulers/kdpm2-discrete-scheduler.ts";
export * from "./schedulers/lcm-scheduler.ts";
export * from "./schedulers/lms-discrete-scheduler.ts";
export * from "./schedulers/pndm-scheduler.ts";
export * from "./schedulers/score-sde-ve-scheduler.ts";
export * from "./schedulers/tcd-scheduler.ts";
export * from "./schedulers/unipc-multistep-scheduler.ts";
