import { type Scope, silu, type Value } from "@onestep/graph";
import { linearLayer } from "./modules.ts";

/** Two linear layers with a SiLU between them, over a projected timestep; diffusers' `TimestepEmbedding`. */
export function timestepEmbedding(projected: Value, scope: Scope, width: number): Value {
  const hidden = silu(linearLayer(projected, scope.child("linear_1"), width));
  return linearLayer(hidden, scope.child("linear_2"), width);
}

/** Options of {@link sinusoidalProjection}. */
export interface SinusoidalProjectionOptions {
  /** Numbers per timestep. */
  readonly width: number;
  /** Cosines first, as the consistency and latent models have it; sines first otherwise. */
  readonly flipSinToCos: boolean;
  /** Taken off the number of frequencies in the exponent's divisor (`freq_shift`). */
  readonly frequencyShift: number;
}

const maximumPeriod = 10_000;

/**
 * The sinusoidal embedding of timesteps, one row each ([timesteps, width], row-major), in float32 arithmetic as torch
 * does it (diffusers `get_timestep_embedding`; Vaswani et al., 2017, section 3.5).
 *
 * Computed here rather than in the graph: arguments reach 1,553 rad, where a GPU's sine is inaccurate.
 */
export function sinusoidalProjection(
  timesteps: ArrayLike<number>,
  options: SinusoidalProjectionOptions,
): Float32Array {
  const { width, flipSinToCos, frequencyShift } = options;
  const half = Math.floor(width / 2);
  const frequencies = new Float32Array(half);
  const slope = Math.fround(-Math.log(maximumPeriod));
  for (let index = 0; index < half; index += 1) {
    const exponent = Math.fround(Math.fround(slope * index) / (half - frequencyShift));
    frequencies[index] = Math.exp(exponent);
  }
  const rows = new Float32Array(timesteps.length * width);
  const [sineOffset, cosineOffset] = flipSinToCos ? [half, 0] : [0, half];
  for (let row = 0; row < timesteps.length; row += 1) {
    const timestep = Math.fround(timesteps[row] ?? 0);
    for (let index = 0; index < half; index += 1) {
      const argument = Math.fround(timestep * (frequencies[index] ?? 0));
      rows[row * width + sineOffset + index] = Math.sin(argument);
      rows[row * width + cosineOffset + index] = Math.cos(argument);
    }
  }
  return rows;
}
