import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";

/**
 * Where `timestep` stands in `timesteps`, by exact equality. Where it stands more than once, the second place: a run
 * that begins in the middle of a schedule must not skip a noise level (diffusers' `index_for_timestep`).
 *
 * @param subject - The scheduler, for the message.
 * @throws InvalidArgumentError where it is not among them.
 */
export function findTimestepIndex(subject: string, timestep: number, timesteps: ArrayLike<number>): number {
  let first: number | undefined;
  for (let index = 0; index < timesteps.length; index += 1) {
    if (timesteps[index] !== timestep) continue;
    if (first !== undefined) return index;
    first = index;
  }
  if (first !== undefined) return first;
  throw new InvalidArgumentError({
    subject: `${subject}: timestep`,
    found: describeValue(timestep),
    expected: `one of \`scheduler.timesteps\`: ${listTimesteps(timesteps)}`,
    remedy: "Pass a value of `scheduler.timesteps` as it is, neither its index nor a rounded one.",
  });
}

function listTimesteps(timesteps: ArrayLike<number>): string {
  const values = Array.from(timesteps);
  if (values.length <= 5) return values.join(", ");
  return `${values.slice(0, 3).join(", ")}, … ${values.at(-1)} (${values.length} of them)`;
}
