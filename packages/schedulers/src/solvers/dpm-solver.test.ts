import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { exactSolution, points, predictionAt } from "../__fixtures__/exact-solution.ts";
import type { SolverPredictionType } from "../predictions.ts";
import {
  dpmSolverFirstOrderUpdate,
  epsilonBeside,
  multistepDPMSolverSecondOrderUpdate,
  predictEpsilon,
  predictX0,
  sigmaToAlphaSigmaT,
  singlestepDPMSolverSecondOrderUpdate,
  singlestepDPMSolverThirdOrderUpdate,
  singlestepOrders,
} from "./dpm-solver.ts";

const [t, s0, s1, s2] = points;
const x = 0.7;
const sample = Tensor.from([x], [1, 1]);

describe("sigmaToAlphaSigmaT", () => {
  it("keeps the variance where the noise is beside an unscaled signal", () => {
    const { alpha, sigma, lambda } = sigmaToAlphaSigmaT(2, false);
    expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 6);
    expect(sigma / alpha).toBeCloseTo(2, 6);
    expect(lambda).toBeCloseTo(-Math.log(2), 6);
  });

  it("mixes the two in flow matching", () => {
    expect(sigmaToAlphaSigmaT(0.25, true)).toMatchObject({ alpha: 0.75, sigma: 0.25 });
    expect(sigmaToAlphaSigmaT(0, true).lambda).toBe(Number.POSITIVE_INFINITY);
  });
});

it.each<[SolverPredictionType, boolean]>([
  ["epsilon", false],
  ["sample", false],
  ["v_prediction", false],
  ["flow_prediction", true],
])("finds the clean sample and the noise in a model's %s", (predictionType, isFlow) => {
  const original = Tensor.from([0.5, -1, 2], [1, 3]);
  const noise = Tensor.from([1, 0.25, -0.5], [1, 3]);
  const at = sigmaToAlphaSigmaT(0.75, isFlow);
  const noisy = original.mul(at.alpha).add(noise.mul(at.sigma));
  const modelOutput = {
    epsilon: noise,
    sample: original,
    v_prediction: noise.mul(at.alpha).sub(original.mul(at.sigma)),
    flow_prediction: noise.sub(original),
  }[predictionType];
  const x0 = predictX0(predictionType, modelOutput, noisy, at, 0.75);
  const epsilon =
    predictionType === "flow_prediction"
      ? epsilonBeside(x0, noisy, at)
      : predictEpsilon(predictionType, modelOutput, noisy, at);
  for (let index = 0; index < 3; index += 1) {
    expect(x0.data[index]).toBeCloseTo(Number(original.data[index]), 5);
    expect(epsilon.data[index]).toBeCloseTo(Number(noise.data[index]), 5);
  }
});

describe.each([
  ["dpmsolver++", "x0"],
  ["dpmsolver", "epsilon"],
] as const)("updates of %s", (algorithmType, kind) => {
  const config = { algorithmType, solverType: "heun" } as const;

  it("of first order are exact where predictions are constant", () => {
    const m0 = predictionAt(s0, [0.4]);
    const { data } = dpmSolverFirstOrderUpdate(config, m0, sample, [t, s0]);
    expect(data[0]).toBeCloseTo(exactSolution(kind, x, s0, t, [0.4]), 5);
  });

  it("of second order are exact where predictions are linear in λ", () => {
    const line = [0.4, -0.3];
    const [m0, m1] = [predictionAt(s0, line), predictionAt(s1, line)];
    const multistep = multistepDPMSolverSecondOrderUpdate(config, [m0, m1], sample, [t, s0, s1]);
    expect(multistep.data[0]).toBeCloseTo(exactSolution(kind, x, s0, t, line), 5);
    const singlestep = singlestepDPMSolverSecondOrderUpdate(config, [m0, m1], sample, [t, s0, s1]);
    expect(singlestep.data[0]).toBeCloseTo(exactSolution(kind, x, s1, t, line), 5);
  });

  it("of third order are exact where predictions are quadratic in λ", () => {
    const parabola = [0.4, -0.3, 0.5];
    const [m0, m1, m2] = [s0, s1, s2].map((s) => predictionAt(s, parabola)) as [
      typeof sample,
      typeof sample,
      typeof sample,
    ];
    const { data } = singlestepDPMSolverThirdOrderUpdate(config, [m0, m1, m2], sample, points);
    expect(data[0]).toBeCloseTo(exactSolution(kind, x, s2, t, parabola), 5);
  });
});

describe("updates of sde-dpmsolver++", () => {
  const config = { algorithmType: "sde-dpmsolver++", solverType: "midpoint" } as const;

  it("keep the signal, and the variance with fresh noise", () => {
    const zero = Tensor.zeros([1, 1]);
    const one = Tensor.from([1], [1, 1]);
    const update = (from: number, x0: typeof zero, noise: typeof zero) =>
      Number(dpmSolverFirstOrderUpdate(config, x0, Tensor.from([from], [1, 1]), [t, s0], noise).data[0]);
    expect(update(s0.alpha, one, zero)).toBeCloseTo(t.alpha, 6);
    expect(Math.hypot(update(s0.sigma, zero, zero), update(0, zero, one))).toBeCloseTo(t.sigma, 6);
  });
});

it.each(["dpmsolver++", "sde-dpmsolver++"] as const)(
  "an update of %s to a level without noise is the prediction",
  (algorithmType) => {
    const end = sigmaToAlphaSigmaT(0, false);
    const config = { algorithmType, solverType: "midpoint" } as const;
    const { data } = dpmSolverFirstOrderUpdate(config, predictionAt(s0, [0.4]), sample, [end, s0], sample);
    expect(data[0]).toBe(Math.fround(0.4));
  },
);

it("an update between equal levels changes nothing", () => {
  const config = { algorithmType: "dpmsolver++", solverType: "heun" } as const;
  const m0 = predictionAt(s0, [0.4]);
  expect(multistepDPMSolverSecondOrderUpdate(config, [m0, m0], sample, [s0, s0, s1]).data).toEqual(
    sample.data,
  );
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
