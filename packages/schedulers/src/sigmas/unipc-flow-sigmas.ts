import { shiftFlowSigmas } from "./flow-sigmas.ts";

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
