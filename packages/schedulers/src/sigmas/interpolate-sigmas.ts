/**
 * The noise levels at timesteps that may lie between those of training, in float64 as `np.interp` computes them.
 * Outside of training's timesteps it is the level at the nearer end.
 *
 * @param sigmas - The levels of timesteps 0, 1, ….
 */
export function interpolateSigmas(timesteps: ArrayLike<number>, sigmas: Float32Array): Float64Array {
  const last = sigmas.length - 1;
  return Float64Array.from(timesteps, (timestep) => {
    const at = Math.min(Math.max(timestep, 0), last);
    const below = sigmas[Math.floor(at)] ?? Number.NaN;
    const above = sigmas[Math.ceil(at)] ?? Number.NaN;
    return (above - below) * (at - Math.floor(at)) + below;
  });
}
