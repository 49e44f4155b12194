import { Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { describeEDMSampler } from "../__fixtures__/describe-edm-sampler.ts";
import { describeHalfSteps } from "../__fixtures__/describe-scheduler.ts";
import { largestDifference } from "../__fixtures__/goldens.ts";
import { patternModel, patternSample as sample } from "../__fixtures__/pattern-model.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMEulerScheduler } from "./edm-euler-scheduler.ts";
import { EDMHeunScheduler, type EDMHeunSchedulerOptions } from "./edm-heun-scheduler.ts";

function begin(options: EDMHeunSchedulerOptions, numInferenceSteps: number): EDMHeunScheduler {
  const scheduler = new EDMHeunScheduler(options);
  scheduler.setTimesteps({ numInferenceSteps });
  return scheduler;
}

describeEDMSampler(EDMHeunScheduler, { hasChurn: true, timestepCount: 1999 });
describeHalfSteps(EDMHeunScheduler);

it("has the timesteps of a consistency model where its config is of one, and gives the config back", () => {
  const consistency = new CMStochasticIterativeScheduler({ sigmaMax: 50, clipDenoised: false });
  const scheduler = EDMHeunScheduler.fromConfig(consistency.config);
  expect(scheduler.config).toMatchObject({ timestepScale: 1000, sigmaMax: 50, clipDenoised: false });
  const euler = EDMEulerScheduler.fromConfig(scheduler.config);
  expect(euler.config).toMatchObject({ timestepScale: 1000, sigmaMax: 50 });
  expect(CMStochasticIterativeScheduler.fromConfig(euler.config).config).toEqual(consistency.config);
});

describe("setTimesteps", () => {
  it("puts the second evaluations between the first, and the levels that noise is added up to", () => {
    const scheduler = begin({ timestepScale: 1000, sChurn: 1 }, 3);
    expect(scheduler.sigmas).toHaveLength(6);
    const raised = 4 / 3;
    const [first = 0, second = 0, third = 0] = scheduler.sigmas;
    expect(first).toBeCloseTo(80 * raised, 3);
    expect(third / second).toBeCloseTo(raised, 5);
    expect(scheduler.sigmas.at(-1)).toBe(0);
    expect(scheduler.timesteps[0]).toBeCloseTo(250 * Math.log(80 * raised), 2);
  });

  it("stops at sigmaMin with as many steps where the config says so", () => {
    const scheduler = begin({ finalSigmasType: "sigma_min" }, 3);
    expect(scheduler.timesteps).toHaveLength(6);
    expect(scheduler.sigmas.at(-1)).toBeCloseTo(0.002, 8);
  });

  it("spaces levels exponentially where the config says so", () => {
    const { sigmas } = begin({ sigmaSchedule: "exponential" }, 3);
    expect(largestDifference(sigmas, [80, 0.4, 0.4, 0.002, 0.002, 0])).toBeLessThan(1e-6);
  });
});

describe("noise on demand", () => {
  const churning: EDMHeunSchedulerOptions = { sChurn: 5, timestepScale: 1000 };

  it("is what the model sees, and what the step goes on from", () => {
    const scheduler = begin(churning, 3);
    const [timestep = Number.NaN] = scheduler.timesteps;
    const generator = new TorchGenerator(1);
    const input = scheduler.scaleModelInput(sample(), timestep, { generator });
    expect(input.data).not.toEqual(
      begin({}, 3).scaleModelInput(sample(), begin({}, 3).timesteps[0] ?? 0).data,
    );
    const { prevSample } = scheduler.step(patternModel(input, timestep), timestep, sample());
    const again = begin(churning, 3);
    const output = again.step(patternModel(input, timestep), timestep, sample(), {
      generator: new TorchGenerator(1),
    });
    expect(output.prevSample.data).toEqual(prevSample.data);
  });

  it("is drawn once for a sample, however often the input is asked for", () => {
    const scheduler = begin(churning, 3);
    const [timestep = Number.NaN] = scheduler.timesteps;
    const [first, generator] = [sample(), new TorchGenerator(1)];
    const input = scheduler.scaleModelInput(first, timestep, { generator });
    expect(scheduler.scaleModelInput(first, timestep, { generator }).data).toEqual(input.data);
    expect(scheduler.scaleModelInput(sample(), timestep, { generator }).data).not.toEqual(input.data);
  });

  it("is not in what addNoise gives", () => {
    const scheduler = begin(churning, 3);
    const noisy = scheduler.addNoise(Tensor.from([0]), Tensor.from([1]), scheduler.timesteps.slice(0, 1));
    expect(noisy.data[0]).toBeCloseTo(80, 3);
  });
});

describe("step", () => {
  it("ends within the range of images, or as it is", () => {
    for (const clipDenoised of [true, false]) {
      const scheduler = begin({ clipDenoised }, 1);
      const [timestep = Number.NaN] = scheduler.timesteps;
      const { prevSample, predOriginalSample } = scheduler.step(sample().mul(9), timestep, sample());
      expect(Math.max(...prevSample.data) <= 1).toBe(clipDenoised);
      expect(Math.max(...predOriginalSample.data) <= 1).toBe(clipDenoised);
    }
  });

  it("begins at any step, and not in the middle of one", () => {
    const scheduler = begin({ sChurn: 1 }, 3);
    const [first = 0, second = 0, third = 0] = scheduler.timesteps;
    const middle = "in the middle of a step, expected a timestep at the start of one, at an even index";
    expect(() => scheduler.step(sample(), second, sample())).toThrow(middle);
    expect(() => begin({ sChurn: 1 }, 3).scaleModelInput(sample(), second)).toThrow(middle);
    const later = begin({ sChurn: 1 }, 3);
    later.step(sample(), third, sample());
    expect(later).toMatchObject({ stepIndex: 3, stateInFirstOrder: false });
    later.setTimesteps({ numInferenceSteps: 3 });
    expect(later).toMatchObject({ stepIndex: undefined, stateInFirstOrder: true });
    later.step(sample(), first, sample());
    expect(later.stepIndex).toBe(1);
  });
});
