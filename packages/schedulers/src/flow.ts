import type { SequenceRule } from "./checks.ts";
import { keepFloat64, type Rounding } from "./float32.ts";

// The noise levels of flow matching: from 0 to 1, with signal weight 1 − σ.

/** The rule for noise levels passed by the caller. */
export const flowSigmaRule: SequenceRule = {
  expected: "noise levels above 0 and at most 1, strictly descending",
  accepts: (value, previous = 2) => value > 0 && value <= 1 && value < previous,
};

/**
 * `count` noise levels from `1 − 1 / trainCount` down, evenly spaced and above 0, as in diffusers' DPM-Solver and DEIS.
 */
export function evenFlowSigmas(count: number, trainCount: number): Float64Array {
  const gap = (1 / trainCount - 1) / count;
  return Float64Array.from({ length: count }, (_, index) => {
    const place = count - index;
    return 1 - (place === count ? 1 / trainCount : place * gap + 1);
  });
}

/** `count` noise levels from 1 down, evenly spaced and above `1 / trainCount`, as in UniPC. */
export function fullFlowSigmas(count: number, trainCount: number): Float64Array {
  const gap = (1 / trainCount - 1) / count;
  return Float64Array.from({ length: count }, (_, index) => index * gap + 1);
}

/**
 * Shifts noise levels towards more noise: `s · σ / (1 + (s − 1) · σ)`. Esser et al. 2024 (arXiv:2403.03206), equation
 * 23.
 *
 * @param shift - s, above 0; 1 leaves the levels unchanged.
 * @param round - Rounds to the number type of the levels.
 */
export function shiftFlowSigmas(
  sigmas: Float64Array,
  shift: number,
  round: Rounding = keepFloat64,
): Float64Array {
  return sigmas.map((sigma) =>
    round(round(round(shift) * sigma) / round(1 + round(round(shift - 1) * sigma))),
  );
}

/**
 * Shifts noise levels according to the image resolution: `s / (s + (1 / σ − 1))`, where s is `e^μ` or μ itself;
 * diffusers' `time_shift`.
 *
 * @param round - Rounds to the number type of the levels.
 */
export function timeShift(
  sigmas: Float64Array,
  mu: number,
  timeShiftType: "exponential" | "linear",
  round: Rounding = keepFloat64,
): Float64Array {
  const shift = round(timeShiftType === "exponential" ? Math.exp(mu) : mu);
  return sigmas.map((sigma) => round(shift / round(shift + round(round(1 / sigma) - 1))));
}

/**
 * Stretches noise levels so that the last one is `shiftTerminal`; null or 0 leaves them unchanged. diffusers'
 * `stretch_shift_to_terminal`.
 *
 * @param round - Rounds to the number type of the levels.
 */
export function stretchToTerminal(
  sigmas: Float64Array,
  shiftTerminal: number | null,
  round: Rounding = keepFloat64,
): Float64Array {
  if (shiftTerminal === null || shiftTerminal === 0) return sigmas;
  const last = round(1 - (sigmas.at(-1) ?? Number.NaN));
  const scale = round(last / round(1 - shiftTerminal));
  return sigmas.map((sigma) => round(1 - round(round(1 - sigma) / scale)));
}
