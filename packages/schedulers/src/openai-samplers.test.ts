import { Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import openai from "./__fixtures__/cm-samplers.json" with { type: "json" };
import goldens from "./__fixtures__/edm-samplers.json" with { type: "json" };
import { largestDifference, toOptions } from "./__fixtures__/goldens.ts";
import type { Scheduler, StepOptions } from "./scheduler.ts";
import { CMStochasticIterativeScheduler } from "./schedulers/cm-stochastic-iterative-scheduler.ts";
import { EDMDDIMScheduler } from "./schedulers/edm-ddim-scheduler.ts";
import { EDMDPM2Scheduler } from "./schedulers/edm-dpm2-scheduler.ts";
import { EDMEulerAncestralScheduler } from "./schedulers/edm-euler-ancestral-scheduler.ts";
import { EDMHeunScheduler } from "./schedulers/edm-heun-scheduler.ts";

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

/** A scheduler at the begin of the run that a name of cm-samplers.json tells: `heun/steps=10/{…}/distillation=False`. */
function beginRun(name: string): Scheduler {
  const [, sampler = "", steps, json = "{}"] = /^(\w+)\/steps=(\d+)\/(.*)\/distillation/.exec(name) ?? [];
  const { ts, ...options } = JSON.parse(json);
  if (sampler !== "onestep" && sampler !== "multistep") {
    const scheduler = makeSampler(sampler, toOptions(options));
    scheduler.setTimesteps({ numInferenceSteps: Number(steps) });
    return scheduler;
  }
  const scheduler = new CMStochasticIterativeScheduler({ numTrainTimesteps: Number(steps) });
  // OpenAI's list is the other way round, with the level at the end of the run.
  const timesteps = ts?.slice(0, -1).reverse();
  scheduler.setTimesteps(sampler === "onestep" ? { numInferenceSteps: 1 } : { timesteps });
  return scheduler;
}

describe("OpenAI's samplers", () => {
  const names = Object.keys(openai);

  it("are all here", () => {
    const samplers = new Set(names.map((name) => name.replace(/\/.*/, "")));
    expect([...samplers].sort()).toEqual([
      "ancestral",
      "dpm",
      "euler",
      "heun",
      "multistep",
      "onestep",
      "progdist",
    ]);
  });

  it.each(names)("give the sums and elements of %s", (name) => {
    const expected = openai[name as keyof typeof openai];
    const { data } = sampleWith(beginRun(name), [2, 3, 8, 8], new TorchGenerator(0));
    const sum = data.reduce((total, value) => total + value, 0);
    const magnitude = data.reduce((total, value) => total + Math.abs(value), 0);
    expect(Math.abs(sum / expected.sum - 1)).toBeLessThan(1e-4);
    expect(Math.abs(magnitude / expected.abs - 1)).toBeLessThan(1e-4);
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
