/**
 * The schedulers of diffusers that take each other's configs: `KarrasDiffusionSchedulers` (scheduling_utils.py), those
 * of them that this package has.
 */
export const karrasDiffusionSchedulers: readonly string[] = [
  "DDIMScheduler",
  "DDPMScheduler",
  "DEISMultistepScheduler",
  "DPMSolverMultistepScheduler",
  "DPMSolverSinglestepScheduler",
  "EDMEulerScheduler",
  "EulerAncestralDiscreteScheduler",
  "EulerDiscreteScheduler",
  "HeunDiscreteScheduler",
  "KDPM2AncestralDiscreteScheduler",
  "KDPM2DiscreteScheduler",
  "LMSDiscreteScheduler",
  "PNDMScheduler",
  "UniPCMultistepScheduler",
];

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
