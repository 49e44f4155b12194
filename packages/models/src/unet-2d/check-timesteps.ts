import { InvalidArgumentError } from "@onestep/core";
import type { UNet2DModelConfigValues } from "./unet-2d-model-config.ts";

/**
 * Checks that timesteps, or labels that are embedded like them, are among those that the model embeds: finite numbers;
 * numbers above 0 for a Fourier embedding, which takes their logarithm; row numbers for a learned one.
 *
 * @throws InvalidArgumentError
 */
export function checkTimesteps(
  subject: string,
  config: Pick<UNet2DModelConfigValues, "timeEmbeddingType" | "numTrainTimesteps">,
  timesteps: readonly number[],
  remedy: string,
): void {
  const { expected, accepts } = timestepRule(config);
  if (timesteps.every(accepts)) return;
  throw new InvalidArgumentError({ subject, found: timesteps.join(", "), expected, remedy });
}

function timestepRule({
  timeEmbeddingType,
  numTrainTimesteps,
}: Pick<UNet2DModelConfigValues, "timeEmbeddingType" | "numTrainTimesteps">): {
  readonly expected: string;
  readonly accepts: (timestep: number) => boolean;
} {
  switch (timeEmbeddingType) {
    case "positional":
      return { expected: "finite numbers", accepts: Number.isFinite };
    case "fourier":
      return {
        expected: "finite numbers above 0, as the model divides by them",
        accepts: (timestep) => Number.isFinite(timestep) && Math.fround(timestep) > 0,
      };
    case "learned": {
      const count = numTrainTimesteps ?? 0;
      return {
        expected: `integers from 0 to ${count - 1}`,
        accepts: (timestep) => Number.isInteger(timestep) && timestep >= 0 && timestep < count,
      };
    }
  }
}

/**
 * One value for all images, or one for each, as one for each.
 *
 * @throws InvalidArgumentError where there are as many as neither.
 */
export function spread(
  subject: string,
  values: number | ArrayLike<number>,
  batch: number,
): readonly number[] {
  const list = typeof values === "number" ? [values] : Array.from(values);
  if (list.length === batch) return list;
  if (list.length === 1) return new Array<number>(batch).fill(list[0] as number);
  throw new InvalidArgumentError({
    subject,
    found: `${list.length} values`,
    expected: `1, or ${batch}, one per image`,
    remedy: "Pass one for all images, or one for each.",
  });
}
