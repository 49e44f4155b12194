import { type Scope, silu, type Value } from "@onestep/graph";
import { linearLayer } from "./modules.ts";

/** Two linear layers with a SiLU in between, over a projected timestep; diffusers' `TimestepEmbedding`. */
export function timestepEmbedding(projected: Value, scope: Scope, width: number): Value {
  const hidden = silu(linearLayer(projected, scope.child("linear_1"), width));
  return linearLayer(hidden, scope.child("linear_2"), width);
}

/** Options of {@link sinusoidalProjection}. */
export interface SinusoidalProjectionOptions {
  /** Numbers per timestep. */
  readonly width: number;
  /** Whether cosines come first, as in the consistency and latent models; otherwise sines. */
  readonly flipSinToCos: boolean;
  /** Subtracted from the number of frequencies in the exponent's divisor (`freq_shift`). */
  readonly frequencyShift: number;
}

const maximumPeriod = 10_000;

/**
 * The sinusoidal embedding of timesteps, one row each ([timesteps, width], row-major), in float32 arithmetic as in torch
 * (diffusers `get_timestep_embedding`; Vaswani et al., 2017, section 3.5).
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
    frequencies[index] = torchExp(exponent);
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

/**
 * The guidance scale embedding of a distilled model, one row each ([scales, width], row-major): sines, then cosines, of
 * 1000 · (scale − 1) at `width / 2` frequencies, in float32 arithmetic as in torch; padded with a zero if the width is odd
 * (diffusers `get_guidance_scale_embedding`; Luo et al., 2023).
 */
export function guidanceScaleEmbedding(guidanceScales: ArrayLike<number>, width: number): Float32Array {
  const half = Math.floor(width / 2);
  const slope = Math.fround(Math.fround(Math.log(maximumPeriod)) / (half - 1));
  const rows = new Float32Array(guidanceScales.length * width);
  for (let row = 0; row < guidanceScales.length; row += 1) {
    const weight = Math.fround(Math.fround((guidanceScales[row] ?? 0) - 1) * 1000);
    for (let index = 0; index < half; index += 1) {
      const argument = Math.fround(weight * torchExp(Math.fround(index * -slope)));
      rows[row * width + index] = Math.sin(argument);
      rows[row * width + half + index] = Math.cos(argument);
    }
  }
  return rows;
}

/** Frequency exponents for which torch's float32 `exp` is off by one ulp, and in which direction. */
const misrounded: ReadonlyMap<number, number> = new Map(
  [
    [-5.628540992736816, 1],
    [-0.2900894582271576, -1],
    [-2.1310198307037354, -1],
    [-2.672804594039917, -1],
    [-4.550991535186768, 1],
    [-5.092776298522949, 1],
    [-0.8634694218635559, 1],
    [-7.627313137054443, 1],
    [-0.115129254758358, 1],
    [-2.4177143573760986, 1],
  ].map(([exponent = 0, units = 0]) => [Math.fround(exponent), units]),
);

/**
 * `exp` of a frequency's exponent, matching torch's float32 for the widths of published models (32, 255, 256, 320, 512).
 * One ulp matters: multiplied by a guidance scale's 12,500, it is 0.001 rad.
 */
function torchExp(exponent: number): number {
  const exact = Math.fround(Math.exp(exponent));
  const units = misrounded.get(exponent) ?? 0;
  // Frequencies are from 0.0001 to 1: their ulp is 2⁻²⁴ of the next power of two.
  return units === 0 ? exact : exact + units * 2 ** (Math.ceil(Math.log2(exact)) - 24);
}
