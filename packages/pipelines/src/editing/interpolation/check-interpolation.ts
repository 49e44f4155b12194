import { describeValue, InvalidArgumentError } from "@onestep/core";
import type { ConsistencyModelInterpolationOptions } from "./interpolation-options.ts";

const maximumFrames = 1000;

/** Options that make sense for one way alone, by the other, for which they do not. */
const misplacedOptions = {
  seeds: ["seed", "generator", "strength", "resizeMode"],
  images: ["timesteps"],
} as const;

/** @throws InvalidArgumentError where the ends are not two images or two seeds, or another option does not go with them. */
export function checkInterpolation(options: ConsistencyModelInterpolationOptions): void {
  const { images, seeds, frames = 2 } = options;
  if ((images === undefined) === (seeds === undefined)) {
    throw new InvalidArgumentError({
      subject: "images and seeds",
      found: images === undefined ? "neither" : "both",
      expected: "one of the two",
      remedy: "Pass what to go between: two images, or two seeds.",
    });
  }
  if (seeds !== undefined && (!Array.isArray(seeds) || seeds.length !== 2)) {
    throw new InvalidArgumentError({
      subject: "seeds",
      found: Array.isArray(seeds) ? `${seeds.length} of them` : typeof seeds,
      expected: "a list of two",
      remedy: "Pass the seed to begin with and the seed to end with.",
    });
  }
  const way = seeds === undefined ? "images" : "seeds";
  for (const option of misplacedOptions[way]) {
    if (Reflect.get(options, option) === undefined) continue;
    throw new InvalidArgumentError({
      subject: option,
      found: `the option beside \`${way}\``,
      expected: `\`${way}\` without it`,
      remedy: `It has no meaning between ${way}; leave it out.`,
    });
  }
  if (Number.isInteger(frames) && frames >= 2 && frames <= maximumFrames) return;
  throw new InvalidArgumentError({
    subject: "frames",
    found: describeValue(frames),
    expected: `a whole number from 2 to ${maximumFrames}`,
    remedy: "Pass how many images the way has, both ends included.",
  });
}
