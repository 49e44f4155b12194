import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { solverDefaults } from "../__fixtures__/defaults.ts";
import goldens from "../__fixtures__/deis-multistep-scheduler.json" with { type: "json" };
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import { fullLoopSum } from "../__fixtures__/full-loop.ts";
import { DEISMultistepScheduler } from "./deis-multistep-scheduler.ts";

describeScheduler({
  schedulerClass: DEISMultistepScheduler,
  defaults: {
    ...solverDefaults,
    algorithmType: "deis",
    solverType: "logrho",
    timestepSpacing: "linspace",
    stepsOffset: 0,
  },
  properties: { order: 1, length: 1000, initNoiseSigma: 1, numInferenceSteps: undefined },
  timestepCount: 1000,
  refusedOptions: [[{ algorithmType: "sde-dpmsolver" }, "expected one of deis"]],
  contradictions: [
    [{ useKarrasSigmas: true, useBetaSigmas: true }, "found use_karras_sigmas and use_beta_sigmas at once"],
    [
      { useKarrasSigmas: true, useFlowSigmas: true },
      "found use_flow_sigmas with Karras, exponential or beta sigmas",
    ],
  ],
  refusedRequests: [
    [{}, "found no option, expected exactly one of `numInferenceSteps`."],
    [{ timesteps: [5] }, "found `timesteps`, expected exactly one of `numInferenceSteps`."],
    [{ numInferenceSteps: 1000 }, "found 1000, expected a whole number from 1 to 999."],
    [{ numInferenceSteps: 5, mu: 1 }, "mu: found 1, expected nothing, since the config does not ask"],
  ],
  goldens,
  fullLoops: {
    test: "test_scheduler_deis.py",
    loops: {
      "no noise": { mean: 0.23916 },
      v_prediction: { options: { predictionType: "v_prediction" }, mean: 0.091 },
      noise: { start: 8, sum: 315.3016, mean: 0.41054 },
    },
  },
  step: {
    needsRun: true,
    wrongTimesteps: [[5, "timestep: found 5, expected one of `scheduler.timesteps`: 999."]],
  },
});

it("takes the solvers of others for its own, and leaves them in the file", () => {
  const document = { _class_name: "UniPCMultistepScheduler", solver_type: "bh2" };
  expect(DEISMultistepScheduler.fromConfig(document).config.solverType).toBe("logrho");
  const dpm = DEISMultistepScheduler.fromConfig({ _class_name: "other", algorithm_type: "dpmsolver++" });
  expect(dpm.config.algorithmType).toBe("deis");
});

it.each(
  [1, 2, 3].flatMap((solverOrder) =>
    (["epsilon", "sample"] as const).map((predictionType) => ({ solverOrder, predictionType })),
  ),
)("gives numbers for %j (test_solver_order_and_type)", (options) => {
  const scheduler = new DEISMultistepScheduler(options);
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  expect(fullLoopSum(scheduler)).toBeLessThan(1e4);
});

it("adds noise of a timestep of training before there is a run", () => {
  const scheduler = new DEISMultistepScheduler();
  const noisy = scheduler.addNoise(Tensor.from([1]), Tensor.from([2]), [300]);
  const alphaProd = Number(scheduler.alphasCumprod[300]);
  expect(noisy.data[0]).toBeCloseTo(Math.sqrt(alphaProd) + 2 * Math.sqrt(1 - alphaProd), 5);
  expect(scheduler.indexForTimestep(999)).toBe(0);
});
