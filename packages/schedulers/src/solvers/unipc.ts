import type { Tensor } from "@onestep/core";
import { add, div, expm1, mul, sub } from "../float32.ts";
import { shiftFlowSigmas, stretchToTerminal, timeShift } from "../flow.ts";
import type { SchedulePoint } from "./dpm-solver.ts";

// The formulas of diffusers' `schedulers/scheduling_unipc_multistep.py`, in the same order of operations: Zhao et al.
// 2023, "UniPC" (arXiv:2302.04867). t is the point at which a step ends, s0 the point of the newest prediction, s1, s2,
// … the points before it; m0, m1, … are the predictions at s0, s1, ….

type Sample = Tensor<"float32">;

/** B(h), which scales the expansion: B₁(h) = h or B₂(h) = e^h − 1. */
export type UniPCSolverType = "bh1" | "bh2";

/** The config fields that the updates need. */
export interface UniPCStepConfig {
  readonly predictX0: boolean;
  readonly solverType: UniPCSolverType;
}

/** The points of a step: t, s0, and the points of older predictions, newest first. */
export type UniPCPoints = readonly [t: SchedulePoint, s0: SchedulePoint, ...older: SchedulePoint[]];

/**
 * `multistep_uni_p_bh_update`: the predictor, UniP. Its order is the number of points, excluding t.
 *
 * @param modelOutputs - m0, m1, …, newest first, at least as many as the order.
 * @param sample - x at s0.
 */
export function multistepUniPBhUpdate(
  config: UniPCStepConfig,
  modelOutputs: readonly Sample[],
  sample: Sample,
  points: UniPCPoints,
): Sample {
  const { rks, D1s, hh } = differences(config, modelOutputs, points);
  const { hPhi1, Bh, R, b } = expand(hh, rks, config.solverType);
  // A simplified version for order 2.
  const order = rks.length;
  const rhosP =
    order === 2
      ? [0.5]
      : solveLinear(
          R.slice(0, -1).map((row) => row.slice(0, -1)),
          b.slice(0, -1),
        );
  const predRes = weightedSum(D1s, rhosP);
  return updateTo(config, modelOutputs, sample, points, { hPhi1, Bh, res: predRes });
}

/**
 * `multistep_uni_c_bh_update`: the corrector, UniC, which also uses the prediction at t.
 *
 * @param thisModelOutput - The prediction at t.
 * @param modelOutputs - m0, m1, …, newest first: the predictions from which the sample at t was computed.
 * @param lastSample - x at s0.
 */
export function multistepUniCBhUpdate(
  config: UniPCStepConfig,
  thisModelOutput: Sample,
  modelOutputs: readonly Sample[],
  lastSample: Sample,
  points: UniPCPoints,
): Sample {
  const { rks, D1s, hh } = differences(config, modelOutputs, points);
  const { hPhi1, Bh, R, b } = expand(hh, rks, config.solverType);
  // A simplified version for order 1.
  const order = rks.length;
  const rhosC = order === 1 ? [0.5] : solveLinear(R, b);
  const D1t = thisModelOutput.sub(modelOutputs[0] as Sample);
  const corrRes = weightedSum([...D1s, D1t], rhosC);
  return updateTo(config, modelOutputs, lastSample, points, { hPhi1, Bh, res: corrRes });
}

/**
 * The relative positions of older predictions in the step (t is 1), and their divided differences from the newest one.
 */
function differences(
  { predictX0 }: UniPCStepConfig,
  modelOutputs: readonly Sample[],
  [t, s0, ...older]: UniPCPoints,
): { rks: number[]; D1s: Sample[]; hh: number } {
  const [m0, ...mis] = modelOutputs as [Sample, ...Sample[]];
  const h = sub(t.lambda, s0.lambda);
  const rks = older.map((si) => div(sub(si.lambda, s0.lambda), h));
  const D1s = rks.map((rk, i) => (mis[i] as Sample).sub(m0).div(rk));
  return { rks: [...rks, 1], D1s, hh: predictX0 ? -h : h };
}

/** h φ₁(h) = e^h − 1, B(h), and the equations R ρ = b of theorem 3.1. */
function expand(
  hh: number,
  rks: readonly number[],
  solverType: UniPCSolverType,
): { hPhi1: number; Bh: number; R: number[][]; b: number[] } {
  const hPhi1 = expm1(hh);
  let hPhiK = sub(div(hPhi1, hh), 1);
  let factorial = 1;
  const Bh = solverType === "bh1" ? hh : hPhi1;
  const R: number[][] = [];
  const b: number[] = [];
  for (let i = 1; i <= rks.length; i += 1) {
    R.push(R.length === 0 ? rks.map(() => 1) : rks.map((rk, k) => mul(R[i - 2]?.[k] ?? Number.NaN, rk)));
    b.push(div(mul(hPhiK, factorial), Bh));
    factorial *= i + 1;
    hPhiK = sub(div(hPhiK, hh), Math.fround(1 / factorial));
  }
  return { hPhi1, Bh, R, b };
}

/** x_t = (σ_t / σ_s0) · x − α_t · h φ₁(h) · m0 − α_t · B(h) · res, with α and σ swapped if m are predictions of ε. */
function updateTo(
  { predictX0 }: UniPCStepConfig,
  [m0]: readonly Sample[],
  x: Sample,
  [t, s0]: UniPCPoints,
  { hPhi1, Bh, res }: { hPhi1: number; Bh: number; res: Sample | undefined },
): Sample {
  const [kept, scale] = predictX0 ? [div(t.sigma, s0.sigma), t.alpha] : [div(t.alpha, s0.alpha), t.sigma];
  const xT = x.mul(kept).sub((m0 as Sample).mul(mul(scale, hPhi1)));
  return res === undefined ? xT : xT.sub(res.mul(mul(scale, Bh)));
}

function weightedSum(parts: readonly Sample[], weights: readonly number[]): Sample | undefined {
  const weighted = parts.map((part, k) => part.mul(weights[k] ?? Number.NaN));
  return weighted.length === 0 ? undefined : weighted.reduce((sum, part) => sum.add(part));
}

/** The options for shifting flow matching noise levels in UniPC. */
export interface UniPCFlowOptions {
  readonly flowShift: number;
  readonly timeShiftType: "exponential" | "linear";
  /** The last level after stretching; null or 0 disables stretching. */
  readonly shiftTerminal: number | null;
  /** The shift of this run, overriding `flowShift`. */
  readonly mu: number | undefined;
}

/** Subtracted from a level of pure noise, so that some signal is left. */
const epsilon = 1e-6;

/** Shifts and stretches flow matching noise levels, in float64; UniPC's `set_timesteps`. */
export function unipcFlowSigmas(sigmas: Float64Array, options: UniPCFlowOptions): Float64Array {
  const { flowShift, timeShiftType, shiftTerminal, mu } = options;
  const shifted =
    mu === undefined ? shiftFlowSigmas(sigmas, flowShift) : timeShift(sigmas, mu, timeShiftType);
  return stretchToTerminal(shifted, shiftTerminal).map((sigma, index) =>
    index === 0 && Math.abs(sigma - 1) < epsilon ? sigma - epsilon : sigma,
  );
}

/**
 * Solves a small system of linear equations, rounded like `torch.linalg.solve` on a CPU: elimination with row exchange,
 * every operation rounded to float32. Verified bit for bit against torch for up to four equations.
 *
 * @param rows - The matrix, square and not singular; float32 numbers.
 * @param right - The right-hand side; float32 numbers.
 */
export function solveLinear(rows: readonly (readonly number[])[], right: readonly number[]): number[] {
  const count = rows.length;
  const system = rows.map((row, index) => ({ row: [...row], right: right[index] ?? Number.NaN }));
  for (let column = 0; column < count; column += 1) eliminate(system, column);
  const solution: number[] = [];
  for (const equation of system) {
    solution.push(sub(equation.right, dot(equation.row, solution)));
  }
  for (let index = count - 1; index >= 0; index -= 1) {
    const { row = [] } = system[index] ?? {};
    const known = dot(row.slice(index + 1).reverse(), solution.slice(index + 1).reverse());
    const rest = sub(solution[index] ?? Number.NaN, known);
    solution[index] = mul(rest, div(1, row[index] ?? Number.NaN));
  }
  return solution;
}

/** A row of the matrix, and its right-hand side. */
interface Equation {
  readonly row: number[];
  readonly right: number;
}

/**
 * Moves the row with the largest absolute value in a column to the diagonal and subtracts multiples of it from the rows
 * below. Their entries in that column then hold the multipliers.
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
    // Like LAPACK: multiply by the reciprocal, except for the last two rows.
    const factor = isAmongLastTwo ? div(value, divisor) : mul(value, div(1, divisor));
    row[column] = factor;
    for (let index = column + 1; index < row.length; index += 1) {
      row[index] = sub(row[index] ?? 0, mul(factor, pivot.row[index] ?? 0));
    }
  }
}

/** `Σ leftᵢ · rightᵢ` over the elements of the second list. */
function dot(left: readonly number[], right: readonly number[]): number {
  return right.reduce((sum, value, index) => add(sum, mul(value, left[index] ?? 0)), 0);
}
