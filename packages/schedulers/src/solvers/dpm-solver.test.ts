import { describe, expect, it } from "vitest";
import { signalAndNoise } from "../sigmas.ts";
import { dpmSolverWeights, singlestepOrders } from "./dpm-solver.ts";

describe("dpmSolverWeights", () => {
  const from = signalAndNoise(2, false);
  const to = signalAndNoise(1.5, false);
  const step = to.logRatio - from.logRatio;

  describe("dpmSolverWeights", () => {
    it("are those of the exact solution where the prediction is constant", () => {
      const clean = dpmSolverWeights("dpmsolver++", from, to);
      // A clean sample that is predicted right is led to itself at the next level, and so is the noise.
      expect(clean.sample * from.signal + clean.value).toBeCloseTo(to.signal, 6);
      expect(clean.sample * from.noise).toBeCloseTo(to.noise, 6);
      const noise = dpmSolverWeights("dpmsolver", from, to);
      expect(noise.sample * from.noise + noise.value).toBeCloseTo(to.noise, 6);
      expect(noise.sample * from.signal).toBeCloseTo(to.signal, 6);
    });

    it("keep signal and variance where noise is added", () => {
      const weights = dpmSolverWeights("sde-dpmsolver++", from, to);
      expect(weights.sample * from.signal + weights.value).toBeCloseTo(to.signal, 6);
      expect(Math.hypot(weights.sample * from.noise, weights.noise)).toBeCloseTo(to.noise, 6);
    });

    it("expand e^h − 1 in the length of the step", () => {
      const weights = dpmSolverWeights("dpmsolver++", from, to);
      expect(weights.midpointSlope).toBe(weights.value / 2);
      expect(weights.slope).toBeCloseTo(to.signal * ((Math.exp(-step) - 1) / step + 1), 5);
      expect(weights.curvature).toBeCloseTo(-to.signal * ((Math.exp(-step) - 1 + step) / step ** 2 - 0.5), 5);
    });

    it("lead to the prediction where no noise is left", () => {
      const end = signalAndNoise(0, false);
      expect(dpmSolverWeights("dpmsolver++", from, end)).toMatchObject({ sample: 0, value: 1, noise: 0 });
      expect(dpmSolverWeights("sde-dpmsolver++", from, end)).toMatchObject({ sample: 0, value: 1, noise: 0 });
    });
  });
});

describe("singlestepOrders", () => {
  const lowered = { lowerOrderFinal: true, finalSigmasType: "sigma_min" } as const;

  it.each([
    [3, 3, [1, 2, 1]],
    [3, 6, [1, 2, 3, 1, 2, 1]],
    [3, 7, [1, 2, 3, 1, 2, 3, 1]],
    [3, 8, [1, 2, 3, 1, 2, 3, 1, 2]],
    [2, 6, [1, 2, 1, 2, 1, 1]],
    [2, 5, [1, 2, 1, 2, 1]],
    [1, 3, [1, 1, 1]],
  ])("of order %i in %i steps lowers the last ones (get_order_list)", (solverOrder, count, orders) => {
    expect(singlestepOrders({ ...lowered, solverOrder }, count)).toEqual(orders);
  });

  it("keeps to the order where the config says so and the steps are even", () => {
    const config = { ...lowered, lowerOrderFinal: false };
    expect(singlestepOrders({ ...config, solverOrder: 3 }, 6)).toEqual([1, 2, 3, 1, 2, 3]);
    expect(singlestepOrders({ ...config, solverOrder: 2 }, 4)).toEqual([1, 2, 1, 2]);
    expect(singlestepOrders({ ...config, solverOrder: 2 }, 3)).toEqual([1, 2, 1]);
  });

  it("ends with a step of first order where no noise is to be left", () => {
    const config = { lowerOrderFinal: false, finalSigmasType: "zero" } as const;
    expect(singlestepOrders({ ...config, solverOrder: 3 }, 5)).toEqual([1, 2, 3, 1, 1]);
    expect(singlestepOrders({ ...config, solverOrder: 2 }, 4)).toEqual([1, 2, 1, 1]);
    expect(singlestepOrders({ ...config, solverOrder: 3 }, 1)).toEqual([1]);
  });
});
