import * as float32 from "../arithmetic/float32.ts";
import { solveLinearFloat32 } from "../arithmetic/solve-linear-float32.ts";

/** How the expansion is scaled: B₁(h) = h or B₂(h) = eʰ − 1. */
export type UniPCScale = "bh1" | "bh2";

/** What a step of UniPC is made of; float32 numbers. */
export interface UniPCCoefficients {
  /** `e^h − 1`: the weight of the newest prediction. */
  readonly growth: number;
  /** B(h): what the sum of the differences is multiplied with. */
  readonly scale: number;
  /** The weights of the differences to older predictions, the newest first. */
  readonly weights: readonly number[];
}

/**
 * The coefficients of a predictor: Zhao et al. 2023, "UniPC" (arXiv:2302.04867), theorem 3.1 without the new point.
 *
 * @param exponent - h, the step in the logarithm of the signal-to-noise ratio; −h where the solver steps with
 * predictions of the clean sample. A float32 number that is not 0.
 * @param ratios - Where older predictions are, in steps from the newest, the newest of them first; float32 numbers.
 */
export function unipcPredictor(
  exponent: number,
  ratios: readonly number[],
  kind: UniPCScale,
): UniPCCoefficients {
  const { growth, scale, moments } = expand(exponent, ratios.length, kind);
  // As in the paper: exact for the second order.
  if (ratios.length === 1) return { growth, scale, weights: [0.5] };
  return { growth, scale, weights: solveMoments(ratios, moments) };
}

/**
 * The coefficients of a corrector: theorem 3.1 of the paper. The last of the weights is that of the difference to the
 * prediction at the new point.
 */
export function unipcCorrector(
  exponent: number,
  ratios: readonly number[],
  kind: UniPCScale,
): UniPCCoefficients {
  const { growth, scale, moments } = expand(exponent, ratios.length + 1, kind);
  if (ratios.length === 0) return { growth, scale, weights: [0.5] };
  return { growth, scale, weights: solveMoments([...ratios, 1], moments) };
}

function expand(
  exponent: number,
  count: number,
  kind: UniPCScale,
): { growth: number; scale: number; moments: number[] } {
  const growth = Math.fround(Math.expm1(exponent));
  const scale = kind === "bh1" ? exponent : growth;
  const moments: number[] = [];
  let remainder = float32.sub(float32.div(growth, exponent), 1);
  let factorial = 1;
  for (let order = 1; order <= count; order += 1) {
    moments.push(float32.div(float32.mul(remainder, factorial), scale));
    factorial *= order + 1;
    remainder = float32.sub(float32.div(remainder, exponent), Math.fround(1 / factorial));
  }
  return { growth, scale, moments };
}

function solveMoments(ratios: readonly number[], moments: readonly number[]): number[] {
  const rows: number[][] = [];
  let powers = ratios.map(() => 1);
  for (const _ of moments) {
    rows.push(powers);
    powers = powers.map((power, index) => float32.mul(power, ratios[index] ?? Number.NaN));
  }
  return solveLinearFloat32(rows, moments);
}
