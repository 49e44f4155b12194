import { TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import { describeEDMSampler } from "../__fixtures__/describe-edm-sampler.ts";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMEulerAncestralScheduler } from "./edm-euler-ancestral-scheduler.ts";

describeEDMSampler(EDMEulerAncestralScheduler, {
  hasChurn: false,
  timestepCount: 1000,
  step: { wrongOptions: [[{ generator: 5 }, "generator: found 5"]] },
});

it("adds noise in each step but the last, where it is drawn alone", () => {
  const scheduler = EDMEulerAncestralScheduler.fromConfig(new CMStochasticIterativeScheduler().config);
  scheduler.setTimesteps({ numInferenceSteps: 2 });
  const [first = 0, second = 0] = scheduler.timesteps;
  expect(first).toBeCloseTo(250 * Math.log(80), 2);
  const steps = [0, 1].map((seed) => {
    const clone = scheduler.clone();
    clone.setTimesteps({ numInferenceSteps: 2 });
    return clone.step(sample(), first, sample(), { generator: new TorchGenerator(seed) }).prevSample.data;
  });
  expect(steps[0]).not.toEqual(steps[1]);
  scheduler.setBeginIndex(1);
  const generator = new TorchGenerator(0);
  scheduler.step(sample(), second, sample(), { generator });
  const reference = new TorchGenerator(0);
  reference.randn([2, 1, 2, 4]);
  expect(generator.randn([16]).data).toEqual(reference.randn([16]).data);
});
