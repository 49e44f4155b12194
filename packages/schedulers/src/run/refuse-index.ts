import { InvalidArgumentError } from "@onestep/core";

/**
 * Refuses what is most likely an index. Python tells integers from floats by their type; here a whole number that is
 * none of the timesteps counts as an index.
 *
 * @param className - The scheduler, for the message.
 * @throws InvalidArgumentError
 */
export function refuseIndex(className: string, timestep: number, timesteps: Float64Array): void {
  if (!Number.isInteger(timestep) || timesteps.includes(timestep)) return;
  throw new InvalidArgumentError(
    "Passing integer indices (e.g. from `enumerate(timesteps)`) as timesteps to" +
      ` \`${className}.step()\` is not supported. Make sure to pass` +
      ` one of the \`scheduler.timesteps\` as a timestep. Found ${timestep}; of the pairs that` +
      " `timesteps.entries()` gives, pass the second part.",
  );
}
