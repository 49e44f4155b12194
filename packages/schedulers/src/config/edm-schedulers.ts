/** The schedulers of EDM models and consistency models, which take each other's configs. */
export const edmSchedulers: readonly string[] = [
  "CMStochasticIterativeScheduler",
  "EDMDDIMScheduler",
  "EDMDPM2Scheduler",
  "EDMDPMSolverMultistepScheduler",
  "EDMEulerAncestralScheduler",
  "EDMEulerScheduler",
  "EDMHeunScheduler",
];
