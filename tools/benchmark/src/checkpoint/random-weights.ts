import { elementCount } from "@onestep/core/internal";
/** A source of numbers that are spread evenly over [-1, 1), the same for the same seed. */
export type NumberSource = () => number;

/**
 * A generator that is fast and good enough for weights that nobody will look at: xorshift32 (Marsaglia, 2003).
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

/** What the numbers of a weight are drawn around, and how far from it. */
export interface WeightSpread {
  readonly center: number;
  readonly reach: number;
}

/**
 * How a weight is drawn so that a signal keeps its size on its way through the model, as after initialisation:
 * matrices and kernels with a variance of 1 / fan-in, scales of norms around 1, biases around 0.
 */
export function chooseSpread(name: string, shape: readonly number[]): WeightSpread {
  if (shape.length < 2) return { center: name.endsWith(".weight") ? 1 : 0, reach: 0.1 };
  const fanIn = elementCount(shape.slice(1));
  return { center: 0, reach: Math.sqrt(3 / fanIn) };
}
