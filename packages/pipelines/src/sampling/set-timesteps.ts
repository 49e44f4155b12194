import { describeValue, InvalidArgumentError, warn } from "@onestep/core";
import type { Scheduler } from "@onestep/schedulers";
import type { GenerateOptions } from "./generate-options.ts";

/**
 * Begins a scheduler's run with the steps that were asked for; `timesteps` go before `numInferenceSteps`. A default is no
 * more than the model has timesteps.
 *
 * @throws InvalidArgumentError where the scheduler does not take them, nor the default.
 */
export function setTimesteps(
  scheduler: Scheduler,
  { numInferenceSteps, timesteps }: GenerateOptions,
  defaultInferenceSteps: number,
): void {
  if (timesteps === undefined) {
    if (numInferenceSteps === undefined) setDefaultTimesteps(scheduler, defaultInferenceSteps);
    else scheduler.setTimesteps({ numInferenceSteps });
    return;
  }
  if (numInferenceSteps !== undefined) {
    warn(
      `Both \`numInferenceSteps\`: ${numInferenceSteps} and \`timesteps\`: ${describeValue([...timesteps])} are supplied; \`timesteps\` will be used over \`numInferenceSteps\`.`,
    );
  }
  scheduler.setTimesteps({ timesteps });
}

function setDefaultTimesteps(scheduler: Scheduler, defaultInferenceSteps: number): void {
  const numInferenceSteps = Math.min(defaultInferenceSteps, scheduler.length);
  try {
    scheduler.setTimesteps({ numInferenceSteps });
  } catch (cause) {
    if (!InvalidArgumentError.isInstance(cause) || cause.problem === undefined) throw cause;
    throw new InvalidArgumentError(
      {
        ...cause.problem,
        found: `${cause.problem.found}, the default of the pipeline`,
        remedy: "Pass `numInferenceSteps`: this scheduler needs far fewer, 20 for a start.",
      },
      { cause },
    );
  }
}
