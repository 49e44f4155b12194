import * as float32 from "../arithmetic/float32.ts";

/** How an ancestral step is split: down along the probability flow, and up again with fresh noise. */
export interface AncestralLevels {
  /** The noise level to go down to. */
  readonly sigmaDown: number;
  /** The level of the noise to add there. */
  readonly sigmaUp: number;
}

/**
 * The split of a step from one noise level to a lower one, such that noise of variance `sigmaDown² + sigmaUp²` is that
 * of `sigmaTo`, in float32: `σ_up² = σ_to² · (σ_from² − σ_to²) / σ_from²`. From k-diffusion's `get_ancestral_step`.
 *
 * @param sigmaFrom - Above 0.
 * @param sigmaTo - At most `sigmaFrom`.
 */
export function ancestralLevels(sigmaFrom: number, sigmaTo: number): AncestralLevels {
  const [from, to] = [float32.square(sigmaFrom), float32.square(sigmaTo)];
  const sigmaUp = float32.sqrt(float32.div(float32.mul(to, float32.sub(from, to)), from));
  // Rounding may lead below 0 where one level is far below the other.
  const remainder = Math.max(float32.sub(to, float32.square(sigmaUp)), 0);
  return { sigmaUp, sigmaDown: float32.sqrt(remainder) };
}
