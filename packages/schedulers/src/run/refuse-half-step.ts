import { InvalidArgumentError } from "@onestep/core";

/**
 * Says that a run cannot begin in the middle of a step that evaluates the model twice.
 *
 * @param className - The scheduler.
 * @throws InvalidArgumentError always.
 */
export function refuseHalfStep(className: string, timestep: number | undefined): never {
  throw new InvalidArgumentError({
    subject: className,
    found: `a run that is to begin at timestep ${timestep}, in the middle of a step`,
    expected: "a timestep at the start of one, at an even index of `scheduler.timesteps`",
    remedy: "Begin at an index that is a multiple of `scheduler.order`.",
  });
}
