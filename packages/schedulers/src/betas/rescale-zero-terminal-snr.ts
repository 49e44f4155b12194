import * as float32 from "../arithmetic/float32.ts";
import { cumulativeAlphas } from "./cumulative-alphas.ts";

/**
 * Betas rescaled so that nothing of the signal is left at the last timestep, in float32: Lin et al. 2023 (arXiv:2305.08891),
 * algorithm 1; diffusers' `rescale_zero_terminal_snr` (scheduling_ddim.py).
 *
 * @param betas - At least two.
 */
export function rescaleZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeAlphas(betas).map(Math.sqrt);
  const first = roots[0] ?? 0;
  const last = roots.at(-1) ?? 0;
  const scale = float32.div(first, float32.sub(first, last));
  const products = roots.map((root) => float32.square(float32.mul(float32.sub(root, last), scale)));
  return products.map((product, index) => {
    const previous = products[index - 1];
    return 1 - (previous === undefined ? product : float32.div(product, previous));
  });
}
