/** A group of schedulers that accept each other's configs. */
interface SchedulerFamily {
  /** Schedulers whose configs are accepted by the whole family. */
  readonly members: readonly string[];
  /** Schedulers that accept the configs of the family, but only list themselves as compatible. */
  readonly guests: readonly string[];
  /** diffusers schedulers that this package does not have. Their fields are recognized when a config is read. */
  readonly absent: readonly string[];
}

/** Every family. A scheduler without a family is compatible only with itself and needs no entry. */
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
  // The schedulers of EDM models and consistency models. diffusers' own schedulers are guests.
  edm: {
    members: ["EDMDDIMScheduler", "EDMDPM2Scheduler", "EDMEulerAncestralScheduler", "EDMHeunScheduler"],
    guests: ["CMStochasticIterativeScheduler", "EDMDPMSolverMultistepScheduler", "EDMEulerScheduler"],
    absent: [],
  },
};

/** The names of the classes that accept the config of a scheduler, sorted, including itself. */
export function compatiblesOf(className: string): readonly string[] {
  const family = familyOf(className);
  return family === undefined ? [className] : [...family.members, ...family.guests].sort();
}

/** {@link compatiblesOf}, plus the classes that only diffusers has. */
export function relativesOf(className: string): readonly string[] {
  return [...compatiblesOf(className), ...(familyOf(className)?.absent ?? [])];
}

function familyOf(className: string): SchedulerFamily | undefined {
  return Object.values(families).find(({ members }) => members.includes(className));
}
