import { elementCount } from "@onestep/core/internal";
/** A source of numbers uniformly distributed over [-1, 1), the same for the same seed. */
export type NumberSource = () => number;

/**
 * A generator that is fast and good enough for random weights: xorshift32 (Marsaglia, 2003).
 *
 * @param seed Any whole number but 0.
 */
export function createNumberSource(seed: number): NumberSource {
  let state = seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 0x80000000;
  };
}

/** The mean and the spread of a random weight. */
export interface WeightSpread {
  readonly center: number;
  readonly reach: number;
}

/**
 * How to draw a weight so that a signal keeps its magnitude through the model, as after initialisation: matrices and
 * kernels with a variance of 1 / fan-in, norm scales around 1, biases around 0.
 */
export function chooseSpread(name: string, shape: readonly number[]): WeightSpread {
  if (shape.length < 2) return { center: name.endsWith(".weight") ? 1 : 0, reach: 0.1 };
  const fanIn = elementCount(shape.slice(1));
  return { center: 0, reach: Math.sqrt(3 / fanIn) };
}
