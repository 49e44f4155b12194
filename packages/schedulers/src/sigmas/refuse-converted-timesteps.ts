import { InvalidArgumentError } from "@onestep/core";
import { isConverted, type SigmaConversionConfig } from "./sigma-conversion.ts";

/**
 * Refuses timesteps where the config spreads the noise levels itself.
 *
 * @param subject - The method, for the message.
 * @param isContinuous - Whether the model is given noise levels in place of timesteps.
 * @throws InvalidArgumentError
 */
export function refuseConvertedTimesteps(
  subject: string,
  config: SigmaConversionConfig,
  isContinuous = false,
): void {
  if (!isConverted(config) && !isContinuous) return;
  throw new InvalidArgumentError({
    subject: `${subject}: timesteps`,
    found: isContinuous
      ? "timesteps for a model that is given noise levels"
      : "timesteps and a spread of levels",
    expected: "`numInferenceSteps` with this config",
    remedy: isContinuous
      ? 'Pass a number of steps, or make the scheduler with a `timestepType` of "discrete".'
      : "Pass a number of steps, or make the scheduler without Karras, exponential and beta sigmas.",
  });
}
