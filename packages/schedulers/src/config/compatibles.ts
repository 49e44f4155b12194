/** Schedulers that take each other's configs. */
interface SchedulerFamily {
  /** Those whose configs can be given to all of the family. */
  readonly members: readonly string[];
  /** Those that take the configs of the family, and name only themselves as compatible. */
  readonly guests: readonly string[];
  /** Those of diffusers that this package does not have. Their fields are known when a config is read. */
  readonly absent: readonly string[];
}

/** Every family. A scheduler that is in none is compatible with itself, and needs no entry. */
const families: Readonly<Record<"karrasDiffusion" | "edm", SchedulerFamily>> = {
  // `KarrasDiffusionSchedulers` of diffusers' scheduling_utils.py.
  karrasDiffusion: {
    members: [
      "DDIMScheduler",
      "DDPMScheduler",
      "DEISMultistepScheduler",
      "DPMSolverMultistepScheduler",
      "DPMSolverSinglestepScheduler",
      "EulerAncestralDiscreteScheduler",
      "EulerDiscreteScheduler",
      "HeunDiscreteScheduler",
      "KDPM2AncestralDiscreteScheduler",
      "KDPM2DiscreteScheduler",
      "LMSDiscreteScheduler",
      "PNDMScheduler",
      "UniPCMultistepScheduler",
    ],
    guests: ["EDMEulerScheduler"],
    absent: ["DPMSolverSDEScheduler"],
  },
  // The schedulers of EDM models and consistency models. diffusers' own are guests.
  edm: {
    members: ["EDMDDIMScheduler", "EDMDPM2Scheduler", "EDMEulerAncestralScheduler", "EDMHeunScheduler"],
    guests: ["CMStochasticIterativeScheduler", "EDMDPMSolverMultistepScheduler", "EDMEulerScheduler"],
    absent: [],
  },
};

/** The names of the classes that the config of a scheduler can be given to, sorted, its own among them. */
export function compatiblesOf(className: string): readonly string[] {
  const family = familyOf(className);
  return family === undefined ? [className] : [...family.members, ...family.guests].sort();
}

/** {@link compatiblesOf} with the classes that only diffusers has. */
export function relativesOf(className: string): readonly string[] {
  return [...compatiblesOf(className), ...(familyOf(className)?.absent ?? [])];
}

function familyOf(className: string): SchedulerFamily | undefined {
  return Object.values(families).find(({ members }) => members.includes(className));
}
