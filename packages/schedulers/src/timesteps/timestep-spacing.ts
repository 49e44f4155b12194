import { roundHalfEven } from "./round-half-even.ts";

/** How the timesteps of a run are spread over those of training: Lin et al. 2023 (arXiv:2305.08891), table 2. */
export type TimestepSpacing = "linspace" | "leading" | "trailing";

/** Every {@link TimestepSpacing}. */
export const timestepSpacings: readonly TimestepSpacing[] = ["linspace", "leading", "trailing"];

/**
 * `count` numbers evenly spaced from `last` down to 0, as `np.linspace(0, last, count)` backwards: both ends are among
 * them. A single one is 0.
 */
export function linspaceTimesteps(last: number, count: number): Float64Array {
  const gap = count === 1 ? 0 : last / (count - 1);
  return Float64Array.from({ length: count }, (_, index) =>
    index === 0 && count > 1 ? last : (count - 1 - index) * gap,
  );
}

/** `count` multiples of ⌊`trainCount` / `count`⌋ down to 0, with `offset` added to each. */
export function leadingTimesteps(trainCount: number, count: number, offset: number): Float64Array {
  const ratio = Math.floor(trainCount / count);
  return Float64Array.from({ length: count }, (_, index) => (count - 1 - index) * ratio + offset);
}

/**
 * `count` whole numbers from `last` − 1 down, `ratio` apart: the last of each part of the training's timesteps.
 *
 * diffusers gives one more, −1, for some counts (61 of 1000), where its division rounds up.
 */
export function trailingTimesteps(last: number, ratio: number, count: number): Float64Array {
  // `np.arange` adds multiples of what is left of the ratio after a first subtraction.
  const gap = last - ratio - last;
  return Float64Array.from({ length: count }, (_, index) => roundHalfEven(last + index * gap) - 1);
}
