import { warn } from "@onestep/core";
import type { Scheduler } from "@onestep/schedulers";
import type { GenerateOptions } from "./generate-options.ts";

/** Begins a scheduler's run with the steps that were asked for; `timesteps` go before `numInferenceSteps`. */
export function setTimesteps(
  scheduler: Scheduler,
  { numInferenceSteps, timesteps }: GenerateOptions,
  defaultInferenceSteps: number,
): void {
  if (timesteps === undefined) {
    scheduler.setTimesteps({ numInferenceSteps: numInferenceSteps ?? defaultInferenceSteps });
    return;
  }
  if (numInferenceSteps !== undefined) {
    warn(
      `Both \`numInferenceSteps\`: ${numInferenceSteps} and \`timesteps\`: [${timesteps.join(", ")}] are supplied; \`timesteps\` will be used over \`numInferenceSteps\`.`,
    );
  }
  scheduler.setTimesteps({ timesteps });
}
