import { TorchGenerator } from "@onestep/core";
import type { ClassConditionalGenerateOptions } from "@onestep/pipelines";
import type { GenerateRequest } from "./generate-request.ts";

/**
 * What was asked for, as `generate` of a pipeline takes it.
 *
 * @param classLabels - The classes of the request, as numbers.
 */
export function samplingOptions(
  request: GenerateRequest,
  classLabels: readonly number[] | undefined,
): ClassConditionalGenerateOptions<"image"> {
  const { batchSize, numInferenceSteps, timesteps, seeds } = request;
  const labels = classLabels?.length === 1 ? classLabels[0] : classLabels;
  const [seed] = seeds;
  const randomness =
    seeds.length === 1 ? { seed } : { generator: seeds.map((value) => new TorchGenerator(value)) };
  return { batchSize, classLabels: labels, numInferenceSteps, timesteps, ...randomness };
}
