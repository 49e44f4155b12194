import { Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import openai from "./__fixtures__/cm-samplers.json" with { type: "json" };
import goldens from "./__fixtures__/edm-samplers.json" with { type: "json" };
import { largestDifference, toOptions } from "./__fixtures__/goldens.ts";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMDDIMScheduler } from "./edm-ddim-scheduler.ts";
import { EDMDPM2Scheduler } from "./edm-dpm2-scheduler.ts";
import { EDMEulerAncestralScheduler } from "./edm-euler-ancestral-scheduler.ts";
import { EDMHeunScheduler } from "./edm-heun-scheduler.ts";
import type { Scheduler, StepOptions } from "./scheduler.ts";

/** The scheduler that is OpenAI's sampler of that name, for a model that they published. */
function makeSampler(sampler: string, options: object): Scheduler {
  const { config } = CMStochasticIterativeScheduler.fromConfig({
    _class_name: "CMStochasticIterativeScheduler",
  });
  const of = {
    heun: () => EDMHeunScheduler.fromConfig(config, options),
    dpm: () => EDMDPM2Scheduler.fromConfig(config, options),
    euler: () => EDMDDIMScheduler.fromConfig(config, options),
    progdist: () => EDMDDIMScheduler.fromConfig(config, { ...options, finalSigmasType: "sigma_min" }),
    ancestral: () => EDMEulerAncestralScheduler.fromConfig(config, options),
  };
  return of[sampler as keyof typeof of]();
}

/** The stand-in for a network of tools/reference/make_edm_sampler_goldens.py: `0.3 · x + 0.1 · tanh(t / 1000)`. */
function model(input: Tensor<"float32">, timestep: number): Tensor<"float32"> {
  const offset = 0.1 * Math.tanh(timestep / 1000);
  return Tensor.from(
    input.mul(0.3).data.map((value) => value + offset),
    input.shape,
  );
}

type Scaling = (sample: Tensor<"float32">, timestep: number, options: StepOptions) => Tensor<"float32">;

function sampleWith(scheduler: Scheduler, shape: number[], generator: TorchGenerator): Tensor<"float32"> {
  let sample = generator.randn(shape).mul(scheduler.initNoiseSigma);
  const scale: Scaling = scheduler.scaleModelInput.bind(scheduler);
  for (const timestep of scheduler.timesteps) {
    const input = scale(sample, timestep, { generator });
    sample = scheduler.step(model(input, timestep), timestep, sample, { generator }).prevSample;
  }
  return sample;
}

describe("OpenAI's samplers", () => {
  const names = Object.keys(openai).filter((name) => /^(heun|dpm|euler|ancestral|progdist)\//.test(name));

  it("are all here", () => {
    expect(names).toHaveLength(7);
  });

  it.each(names)("give the sums and elements of %s", (name) => {
    const [, sampler = "", steps, json = "{}"] =
      /^(\w+)\/steps=(\d+)\/(.*)\/distillation=False$/.exec(name) ?? [];
    const expected = openai[name as "heun/steps=10/{}/distillation=False"];
    const scheduler = makeSampler(sampler, toOptions(JSON.parse(json)));
    scheduler.setTimesteps({ numInferenceSteps: Number(steps) });
    const { data } = sampleWith(scheduler, [2, 3, 8, 8], new TorchGenerator(0));
    const sums = [
      data.reduce((sum, value) => sum + value, 0),
      data.reduce((sum, value) => sum + Math.abs(value), 0),
    ];
    // Of the sum of magnitudes, since the plain sum is what is left of numbers that cancel.
    expect(Math.abs(Number(sums[0]) - expected.sum) / Math.abs(expected.sum)).toBeLessThan(1e-4);
    expect(Math.abs(Number(sums[1]) - expected.abs) / expected.abs).toBeLessThan(1e-4);
    expect(largestDifference(data.slice(0, 4), expected.first4)).toBeLessThan(1e-5);
    expect(largestDifference(data.slice(-4), expected.last4)).toBeLessThan(1e-5);
  });

  it.each(goldens.cases)(
    "give timesteps, elements and noise of $sampler in $steps steps with $options",
    (golden) => {
      const scheduler = makeSampler(golden.sampler, toOptions(golden.options));
      scheduler.setTimesteps({ numInferenceSteps: golden.steps });
      expect(largestDifference(scheduler.timesteps, golden.timesteps)).toBeLessThan(1e-6);
      const generator = new TorchGenerator(0);
      // OpenAI clamps what a sampler ends with in any case.
      const sample = sampleWith(scheduler, [2, 1, 2, 4], generator).clamp(-1, 1);
      expect(largestDifference(sample.data, golden.sample)).toBeLessThan(1e-5);
      expect(generator.randn([16]).data[0]).toBeCloseTo(golden.next, 5);
    },
  );
});
