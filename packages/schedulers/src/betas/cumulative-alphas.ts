/**
 * `ᾱ_t = Π (1 − β_s)` for s up to t: the share of the signal's variance that is left at each timestep. Rounded as
 * `torch.cumprod` does it on a CPU: factors and results are float32, the product runs in float64.
 */
export function cumulativeAlphas(betas: Float32Array): Float32Array {
  let product = 1;
  return betas.map((beta) => {
    product *= Math.fround(1 - beta);
    return product;
  });
}
