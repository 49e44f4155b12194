import { InvalidArgumentError, Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import goldens from "../__fixtures__/ddpm-scheduler.json" with { type: "json" };
import { betaDefaults, thresholdingDefaults } from "../__fixtures__/defaults.ts";
import { describeScheduler } from "../__fixtures__/describe-scheduler.ts";
import {
  patternModel,
  patternModelWithVariance,
  patternSample as sample,
} from "../__fixtures__/pattern-model.ts";
import { DDPMScheduler, type DDPMSchedulerOptions } from "./ddpm-scheduler.ts";

describeScheduler({
  schedulerClass: DDPMScheduler,
  defaults: {
    ...betaDefaults,
    ...thresholdingDefaults,
    varianceType: "fixed_small",
    clipSample: true,
    predictionType: "epsilon",
    clipSampleRange: 1,
    timestepSpacing: "leading",
    stepsOffset: 0,
    rescaleBetasZeroSnr: false,
  },
  properties: { order: 1, length: 1000, initNoiseSigma: 1, numInferenceSteps: undefined },
  timestepCount: 1000,
  refusedOptions: [
    [{ betaStart: 0 }, "DDPMScheduler: betaStart: found 0, expected a number above 0 and below 1."],
    [{ betaEnd: 1.5 }, "betaEnd: found 1.5"],
    [
      { betaSchedule: "exp" },
      'betaSchedule: found "exp", expected one of linear, scaled_linear, squaredcos_cap_v2, sigmoid, laplace.',
    ],
    [{ trainedBetas: [0.1, 2] }, "expected a list, each item a number above 0 and below 1, or null."],
    [{ varianceType: "other" }, 'varianceType: found "other", expected one of fixed_small'],
    [{ predictionType: "flow" }, "expected one of epsilon, sample, v_prediction."],
    [
      { dynamicThresholdingRatio: 2 },
      "dynamicThresholdingRatio: found 2, expected a number from 0 to 1, or null.",
    ],
    [{ sampleMaxValue: 0 }, "sampleMaxValue: found 0, expected a number above 0, or null."],
    [{ clipSampleRange: -1 }, "clipSampleRange: found -1, expected a number above 0, or null."],
    [{ numTrainTimesteps: 0 }, "expected a whole number from 1 to 1000000."],
  ],
  contradictions: [
    [
      { trainedBetas: [0.1, 0.3] },
      "DDPMScheduler: trained_betas: found 2 betas, expected one for each of the 1000 of num_train_timesteps.",
    ],
    [
      { numTrainTimesteps: 1, rescaleBetasZeroSnr: true },
      "rescale_betas_zero_snr: found true with num_train_timesteps 1, expected at least two timesteps to rescale.",
    ],
  ],
  refusedRequests: [
    [
      { timesteps: [100, 87, 50, 51, 0] },
      "timesteps: found 51 at index 3, expected whole numbers from 0 to 999, strictly descending.",
    ],
    [{ timesteps: [1000] }, "timesteps: found 1000 at index 0"],
    [{ timesteps: [3.5] }, "timesteps: found 3.5 at index 0"],
    [{ timesteps: [3, -1] }, "timesteps: found -1 at index 1"],
    [{ timesteps: [] }, "timesteps: found an empty list"],
    [{ timesteps: [1], numInferenceSteps: 1 }, "expected exactly one of `numInferenceSteps`, `timesteps`."],
    [{}, "found no option"],
    [{ numInferenceSteps: 1001 }, "numInferenceSteps: found 1001, expected a whole number from 1 to 1000."],
    [
      { numInferenceSteps: 1000 },
      "found timestep 1000, with a stepsOffset of 1 and 1000 steps, expected timesteps from 0 to 999.",
    ],
  ],
  requestOptions: { stepsOffset: 1 },
  goldens,
  goldenModel: (config) =>
    String(config["variance_type"]).startsWith("learned") ? patternModelWithVariance : patternModel,
  fullLoops: {
    test: "test_scheduler_ddpm.py",
    loops: {
      "no noise": { count: 0, sum: 258.9606, mean: 0.3372 },
      v_prediction: { count: 0, options: { predictionType: "v_prediction" }, sum: 202.0296, mean: 0.2631 },
      noise: { count: 0, start: 998, sum: 387.9466, mean: 0.5051 },
    },
  },
  step: { isCounted: false },
});

it("names the file where its content contradicts itself", () => {
  const read = () => DDPMScheduler.fromJson({ trained_betas: [0.5] }, "here.json");
  expect(read).toThrow("here.json: trained_betas: found 1 betas");
});

describe("setTimesteps", () => {
  it.each<[DDPMSchedulerOptions, number, number[]]>([
    [{}, 5, [800, 600, 400, 200, 0]],
    [{ stepsOffset: 1 }, 5, [801, 601, 401, 201, 1]],
    [{ timestepSpacing: "trailing" }, 5, [999, 799, 599, 399, 199]],
    [{ timestepSpacing: "linspace" }, 5, [999, 749, 500, 250, 0]],
    [{ timestepSpacing: "linspace" }, 1, [0]],
  ])("spaces the timesteps of %j over %i steps", (options, numInferenceSteps, expected) => {
    const scheduler = new DDPMScheduler(options);
    scheduler.setTimesteps({ numInferenceSteps });
    expect([...scheduler.timesteps]).toEqual(expected);
    expect(scheduler.numInferenceSteps).toBe(numInferenceSteps);
  });

  it("gives as many timesteps as were asked for where diffusers gives one more, which is −1", () => {
    const scheduler = new DDPMScheduler({ timestepSpacing: "trailing" });
    scheduler.setTimesteps({ numInferenceSteps: 61 });
    expect(scheduler.timesteps).toHaveLength(61);
    expect([scheduler.timesteps[0], scheduler.timesteps.at(-1)]).toEqual([999, 15]);
  });

  it("takes custom timesteps, and knows which comes before which (test_custom_timesteps)", () => {
    const scheduler = new DDPMScheduler();
    expect(scheduler.previousTimestep(500)).toBe(499);
    const timesteps = [100, 87, 50, 1, 0];
    scheduler.setTimesteps({ timesteps });
    expect(timesteps.map((timestep) => scheduler.previousTimestep(timestep))).toEqual([87, 50, 1, 0, -1]);
    expect(scheduler.numInferenceSteps).toBeUndefined();
    expect(() => scheduler.previousTimestep(99)).toThrow(
      "DDPMScheduler: timestep: found 99, expected one of `scheduler.timesteps`: 100, 87, 50, 1, 0.",
    );
  });
});

describe("step", () => {
  it("adds the noise of fixed_large for fixed_large_log, where diffusers gives NaN", () => {
    const [large, largeLog] = (["fixed_large", "fixed_large_log"] as const).map((varianceType) => {
      const scheduler = new DDPMScheduler({ varianceType });
      return scheduler.step(sample(), 500, sample(), { generator: new TorchGenerator(0) }).prevSample;
    });
    expect(largeLog).toEqual(large);
  });

  it("has the variance of diffusers' test_variance", () => {
    const noise = new TorchGenerator(0).randn([2, 1, 2, 4]);
    const deviations = [487, 999].map((timestep) => {
      const scheduler = new DDPMScheduler();
      const zeros = Tensor.zeros([2, 1, 2, 4]);
      const output = scheduler.step(zeros, timestep, zeros, { generator: new TorchGenerator(0) });
      return (output.prevSample.data[0] ?? 0) / (noise.data[0] ?? 0);
    });
    expect(Math.abs((deviations[0] ?? 0) ** 2 - 0.00979)).toBeLessThan(1e-5);
    expect(Math.abs((deviations[1] ?? 0) ** 2 - 0.02)).toBeLessThan(1e-5);
  });

  it.each<[string, DDPMSchedulerOptions, () => unknown, string]>([
    [
      "another shape",
      {},
      () => Tensor.zeros([2, 2, 2, 4]),
      "DDPMScheduler.step: found modelOutput float32 [2, 2, 2, 4] and sample float32 [2, 1, 2, 4]",
    ],
    ["no tensor", { varianceType: "learned" }, () => undefined, "modelOutput: found undefined"],
    [
      "no variance",
      { varianceType: "learned_range" },
      sample,
      "modelOutput: found float32 [2, 1, 2, 4] for a sample of float32 [2, 1, 2, 4], expected twice the channels",
    ],
  ])("refuses an output of %s", (_, options, output, message) => {
    const step = () => new DDPMScheduler(options).step(output() as Tensor<"float32">, 5, sample());
    expect(step).toThrow(InvalidArgumentError);
    expect(step).toThrow(message);
  });

  it("refuses timesteps that there are not", () => {
    const scheduler = new DDPMScheduler();
    for (const timestep of [-1, 1000, 0.5, Number.NaN]) {
      expect(() => scheduler.step(sample(), timestep, sample())).toThrow(
        `DDPMScheduler.step: timestep: found ${timestep}, expected a whole number from 0 to 999.`,
      );
    }
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect(() => scheduler.step(sample(), 999, sample())).toThrow("found 999, expected one of");
  });
});

describe("addNoise and getVelocity", () => {
  // √ᾱ and √(1 − ᾱ) of timesteps 10 and 999 of the default schedule, computed with torch.
  const [signals, deviations] = [
    [0.9989026188850403, 0.006352818571031094],
    [0.046834927052259445, 0.9999797940254211],
  ];

  it("weights both by timestep, one for all items or one each", () => {
    const scheduler = new DDPMScheduler();
    const [original, noise] = [Tensor.from([1, 1], [2, 1]), Tensor.from([10, 10], [2, 1])];
    const noisy = scheduler.addNoise(original, noise, [10, 999]);
    const velocity = scheduler.getVelocity(original, noise, [10, 999]);
    for (const item of [0, 1]) {
      const [signal, deviation] = [signals[item] ?? 0, deviations[item] ?? 0];
      expect(noisy.data[item]).toBeCloseTo(signal + 10 * deviation, 5);
      expect(velocity.data[item]).toBeCloseTo(10 * signal - deviation, 5);
    }
    expect(scheduler.addNoise(original, noise, [10]).data[1]).toBe(noisy.data[0]);
  });

  it("refuses timesteps out of range or of another batch", () => {
    const scheduler = new DDPMScheduler();
    const add = (timesteps: number[]) => () => scheduler.addNoise(sample(), sample(), timesteps);
    expect(add([1000])).toThrow("DDPMScheduler.addNoise: timestep: found 1000");
    expect(add([1, 2, 3])).toThrow("DDPMScheduler.addNoise: timesteps: found 3 timesteps for a batch of 2");
    expect(() => scheduler.getVelocity(sample(), Tensor.zeros([1]), [1])).toThrow(
      "DDPMScheduler.getVelocity: found noise float32 [1] and sample float32 [2, 1, 2, 4]",
    );
  });
});
