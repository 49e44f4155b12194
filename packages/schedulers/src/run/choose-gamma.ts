import { InvalidArgumentError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";

/** How much noise a step of EDM's stochastic sampler adds before it takes noise away. */
export interface ChurnOptions {
  /** Noise to add over the whole run, at least 0; 0 by default: none. */
  readonly sChurn?: number | undefined;
  /** The lowest noise level at which noise is added; 0 by default. */
  readonly sTmin?: number | undefined;
  /** The highest noise level at which noise is added; infinity by default. */
  readonly sTmax?: number | undefined;
  /** What the added noise is multiplied with; 1 by default. */
  readonly sNoise?: number | undefined;
}

/**
 * `γ = min(S_churn / N, √2 − 1)` within [S_tmin, S_tmax], 0 outside: by what part of itself a noise level is raised.
 * Karras et al. 2022 (arXiv:2206.00364), algorithm 2, line 4.
 *
 * @param subject - The method, for messages.
 * @param sigma - The noise level, a float32 number.
 * @param stepCount - N, the number of steps in the run.
 * @throws InvalidArgumentError where an option is not a number, or `sChurn` is below 0.
 */
export function chooseGamma(
  subject: string,
  sigma: number,
  stepCount: number,
  options: ChurnOptions,
): number {
  const { sChurn = 0, sTmin = 0, sTmax = Number.POSITIVE_INFINITY, sNoise = 1 } = options;
  for (const [name, value] of Object.entries({ sChurn, sTmin, sTmax, sNoise })) {
    if (typeof value === "number" && !Number.isNaN(value) && (name !== "sChurn" || value >= 0)) continue;
    throw new InvalidArgumentError({
      subject: `${subject}: ${name}`,
      found: describeValue(value),
      expected: name === "sChurn" ? "a number, at least 0" : "a number",
      remedy: "Leave it out for its default.",
    });
  }
  // torch compares a float32 number with a bound that is rounded to float32.
  const isWithin = Math.fround(sTmin) <= sigma && sigma <= Math.fround(sTmax);
  return isWithin ? Math.min(sChurn / stepCount, Math.SQRT2 - 1) : 0;
}
