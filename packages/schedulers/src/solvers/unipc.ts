import * as float32 from "../float32.ts";
import { shiftFlowSigmas } from "../sigmas.ts";

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

/** How UniPC spreads the noise levels of flow matching. */
export interface UniPCFlowOptions {
  readonly flowShift: number;
  readonly timeShiftType: "exponential" | "linear";
  /** The last level that all are stretched to; null or 0 where they are not. */
  readonly shiftTerminal: number | null;
  /** The shift of this run, in place of `flowShift`. */
  readonly mu: number | undefined;
}

/** What a level of pure noise is lowered by, so that a part of the signal is left. */
const epsilon = 1e-6;

/** Noise levels of flow matching, shifted and stretched, in float64; UniPC's `set_timesteps`. */
export function unipcFlowSigmas(sigmas: Float64Array, options: UniPCFlowOptions): Float64Array {
  const { flowShift, timeShiftType, shiftTerminal, mu } = options;
  let spread = shiftFlowSigmas(sigmas, flowShift);
  if (mu !== undefined) {
    const shift = timeShiftType === "exponential" ? Math.exp(mu) : mu;
    spread = sigmas.map((sigma) => shift / (shift + (1 / sigma - 1)));
  }
  if (shiftTerminal !== null && shiftTerminal !== 0) {
    const scale = (1 - (spread.at(-1) ?? Number.NaN)) / (1 - shiftTerminal);
    spread = spread.map((sigma) => 1 - (1 - sigma) / scale);
  }
  return spread.map((sigma, index) =>
    index === 0 && Math.abs(sigma - 1) < epsilon ? sigma - epsilon : sigma,
  );
}

/**
 * The solution of a small system of linear equations, rounded as `torch.linalg.solve` does it on a CPU: elimination with
 * row exchange, every operation rounded to float32. For up to four equations it was compared with torch bit for bit.
 *
 * @param rows - The matrix, square and not singular; float32 numbers.
 * @param right - What each row is to come to; float32 numbers.
 */
export function solveLinearFloat32(rows: readonly (readonly number[])[], right: readonly number[]): number[] {
  const count = rows.length;
  const system = rows.map((row, index) => ({ row: [...row], right: right[index] ?? Number.NaN }));
  for (let column = 0; column < count; column += 1) eliminate(system, column);
  const solution: number[] = [];
  for (const equation of system) {
    solution.push(float32.sub(equation.right, dot(equation.row, solution)));
  }
  for (let index = count - 1; index >= 0; index -= 1) {
    const { row = [] } = system[index] ?? {};
    const known = dot(row.slice(index + 1).reverse(), solution.slice(index + 1).reverse());
    const rest = float32.sub(solution[index] ?? Number.NaN, known);
    solution[index] = float32.mul(rest, float32.div(1, row[index] ?? Number.NaN));
  }
  return solution;
}

/** A row of the matrix, and what it is to come to. */
interface Equation {
  readonly row: number[];
  readonly right: number;
}

/**
 * Brings the row with the largest number of a column to the diagonal and takes it off those below. In their column
 * stands how often it was taken.
 */
function eliminate(system: Equation[], column: number): void {
  const sizes = system.slice(column).map(({ row }) => Math.abs(row[column] ?? 0));
  const [pivot] = system.splice(
    column + sizes.indexOf(Math.max(...sizes)),
    1,
    ...system.slice(column, column + 1),
  );
  if (pivot === undefined) return;
  system[column] = pivot;
  const divisor = pivot.row[column] ?? Number.NaN;
  const isAmongLastTwo = column >= system.length - 2;
  for (const { row } of system.slice(column + 1)) {
    const value = row[column] ?? 0;
    // As LAPACK does it: multiplied with the reciprocal, but for the last two rows.
    const factor = isAmongLastTwo ? float32.div(value, divisor) : float32.mul(value, float32.div(1, divisor));
    row[column] = factor;
    for (let index = column + 1; index < row.length; index += 1) {
      row[index] = float32.sub(row[index] ?? 0, float32.mul(factor, pivot.row[index] ?? 0));
    }
  }
}

/** `Σ leftᵢ · rightᵢ` over the elements of the second list. */
function dot(left: readonly number[], right: readonly number[]): number {
  return right.reduce((sum, value, index) => float32.add(sum, float32.mul(value, left[index] ?? 0)), 0);
}
