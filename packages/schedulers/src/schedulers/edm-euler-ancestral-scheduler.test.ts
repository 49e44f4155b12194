import { Tensor, TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import { patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMEulerAncestralScheduler } from "./edm-euler-ancestral-scheduler.ts";

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

it("refuses other shapes, an index, a bad generator and a step after the last", () => {
  const scheduler = new EDMEulerAncestralScheduler();
  scheduler.setTimesteps({ numInferenceSteps: 1 });
  const [timestep = 0] = scheduler.timesteps;
  const step = (options?: object) => scheduler.step(sample(), timestep, sample(), options);
  expect(() => scheduler.step(Tensor.zeros([1]), timestep, sample())).toThrow("tensors of one shape");
  expect(() => scheduler.step(sample(), 0, sample())).toThrow("Passing integer indices");
  expect(() => step({ generator: 5 })).toThrow("generator: found 5");
  step();
  expect(() => step()).toThrow("come to the end of its timesteps (1 in all)");
});
