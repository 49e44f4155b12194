import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { SetTimestepsOptions } from "../scheduler.ts";
import { requireTimestepCount } from "./timestep-count.ts";

/**
 * Which noise levels of a grid a run of a consistency model goes through: ascending indices, 0 the highest level.
 * The rules, their order and the wording of the first five messages are those of diffusers'
 * `CMStochasticIterativeScheduler.set_timesteps`; checks of what Python stumbles over come on top.
 *
 * @param subject - The scheduler, for messages.
 * @param gridSize - `numTrainTimesteps`.
 * @throws InvalidArgumentError where `options` break a rule.
 */
export function chooseGridIndices(subject: string, options: SetTimestepsOptions, gridSize: number): number[] {
  const { numInferenceSteps, timesteps } = options ?? {};
  if (timesteps === undefined) {
    if (numInferenceSteps === undefined) {
      throw new InvalidArgumentError(
        "Exactly one of `num_inference_steps` or `timesteps` must be supplied." +
          " Found neither: pass `{ numInferenceSteps: 1 }` or `{ timesteps: [22, 0] }`.",
      );
    }
    return spread(subject, numInferenceSteps, gridSize);
  }
  if (numInferenceSteps !== undefined) {
    throw new InvalidArgumentError(
      "Can only pass one of `num_inference_steps` or `timesteps`." +
        " Found both: leave `numInferenceSteps` out, the number of timesteps is the number of steps.",
    );
  }
  return reverse(subject, timesteps, gridSize);
}

function spread(subject: string, numInferenceSteps: number, gridSize: number): number[] {
  if (typeof numInferenceSteps === "number" && numInferenceSteps > gridSize) {
    throw new InvalidArgumentError(
      `\`num_inference_steps\`: ${numInferenceSteps} cannot be larger than \`self.config.train_timesteps\`:` +
        ` ${gridSize} as the unet model trained with this scheduler can only handle` +
        ` maximal ${gridSize} timesteps. Pass a smaller \`numInferenceSteps\`.`,
    );
  }
  const count = requireTimestepCount(subject, numInferenceSteps, gridSize);
  const gap = Math.floor(gridSize / count);
  return Array.from({ length: count }, (_, step) => step * gap);
}

function reverse(subject: string, timesteps: readonly number[], gridSize: number): number[] {
  const indices = requireIntegers(subject, timesteps);
  for (let place = 1; place < indices.length; place += 1) {
    if (Number(indices[place]) < Number(indices[place - 1])) continue;
    throw new InvalidArgumentError(
      "`timesteps` must be in descending order." +
        ` Found ${timesteps[place]} after ${timesteps[place - 1]}: pass each once, the highest first.`,
    );
  }
  if (Number(timesteps[0]) >= gridSize) {
    throw new InvalidArgumentError(
      `\`timesteps\` must start before \`self.config.train_timesteps\`: ${gridSize}.` +
        ` Found ${timesteps[0]}: pass indices from ${gridSize - 1} down to 0.`,
    );
  }
  return indices.reverse();
}

function requireIntegers(subject: string, timesteps: readonly number[]): number[] {
  const isList = Array.isArray(timesteps) || ArrayBuffer.isView(timesteps);
  if (!isList || timesteps.length === 0) {
    throw new InvalidArgumentError({
      subject: `${subject}: timesteps`,
      found: isList ? "an empty list" : describeValue(timesteps),
      expected: "a list of at least one index",
      remedy: "Pass indices into the grid of noise levels, such as [22, 0].",
    });
  }
  return Array.from(timesteps, (timestep, place) => {
    const index = typeof timestep === "number" ? Math.trunc(timestep) + 0 : Number.NaN;
    if (Number.isSafeInteger(index)) return index;
    throw new InvalidArgumentError({
      subject: `${subject}: timesteps[${place}]`,
      found: describeValue(timestep),
      expected: "a whole number",
      remedy: "Pass indices into the grid of noise levels, such as [22, 0].",
    });
  });
}
