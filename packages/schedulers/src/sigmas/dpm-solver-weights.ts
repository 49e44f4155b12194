import * as float32 from "../arithmetic/float32.ts";
import type { SignalAndNoise } from "./signal-and-noise.ts";

/** Which of the algorithms of DPM-Solver: the two with `++` step with predictions of the clean sample, the others of noise. */
export type DPMSolverAlgorithm = "dpmsolver" | "dpmsolver++" | "sde-dpmsolver" | "sde-dpmsolver++";

/** What the parts of a step of DPM-Solver are multiplied with; float32 numbers. */
export interface DPMSolverWeights {
  /** Of the sample that the step begins with. */
  readonly sample: number;
  /** Of the prediction. */
  readonly value: number;
  /** Of its slope, where the model was evaluated twice. */
  readonly midpointSlope: number;
  /** Of its slope, by the expansion that Heun's variant and steps of third order keep to. */
  readonly slope: number;
  /** Of its curvature. */
  readonly curvature: number;
  /** Of fresh noise of unit variance; 0 where the algorithm has none. */
  readonly noise: number;
}

/**
 * The weights of a step between two noise levels: Lu et al. 2022, "DPM-Solver" (arXiv:2206.00927), appendix B, and
 * "DPM-Solver++" (arXiv:2211.01095), sections 4 and 5 and appendix B; rounded as in diffusers'
 * `schedulers/scheduling_dpmsolver_multistep.py`.
 *
 * Slope and curvature are those over h, the step in the logarithm of signal to noise.
 *
 * @param from - The level that the step begins at.
 * @param to - Where it leads to; another level.
 */
export function dpmSolverWeights(
  algorithm: DPMSolverAlgorithm,
  from: SignalAndNoise,
  to: SignalAndNoise,
): DPMSolverWeights {
  const step = float32.sub(to.logRatio, from.logRatio);
  switch (algorithm) {
    case "dpmsolver++": {
      const growth = float32.sub(float32.exp(-step), 1);
      const sample = float32.div(to.noise, from.noise);
      return { sample, ...expand(growth, -step, -to.signal), noise: 0 };
    }
    case "sde-dpmsolver++": {
      const growth = float32.sub(float32.exp(-2 * step), 1);
      const weights = expand(growth, -2 * step, -to.signal);
      return {
        ...weights,
        sample: float32.mul(float32.div(to.noise, from.noise), float32.exp(-step)),
        // diffusers takes the half off on the other side; the numbers are to be its.
        curvature: float32.sub(weights.curvature, to.signal),
        noise: float32.mul(to.noise, float32.sqrt(-growth)),
      };
    }
    case "dpmsolver": {
      const growth = float32.sub(float32.exp(step), 1);
      const sample = float32.div(to.signal, from.signal);
      return { sample, ...expand(growth, step, -to.noise), noise: 0 };
    }
    case "sde-dpmsolver": {
      const growth = float32.sub(float32.exp(step), 1);
      return {
        sample: float32.div(to.signal, from.signal),
        ...expand(growth, step, -2 * to.noise),
        noise: float32.mul(to.noise, float32.sqrt(float32.sub(float32.exp(2 * step), 1))),
      };
    }
  }
}

/** `scale` times the first terms of the expansion of `e^exponent − 1`. */
function expand(
  growth: number,
  exponent: number,
  scale: number,
): Pick<DPMSolverWeights, "value" | "midpointSlope" | "slope" | "curvature"> {
  const value = float32.mul(scale, growth);
  const slope = float32.sub(float32.div(growth, exponent), 1);
  const remainder = float32.div(float32.sub(growth, exponent), float32.square(exponent));
  return {
    value,
    midpointSlope: float32.mul(0.5, value),
    slope: float32.mul(scale, slope),
    curvature: float32.mul(scale, float32.sub(remainder, 0.5)),
  };
}
