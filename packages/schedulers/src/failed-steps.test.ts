import { InvalidArgumentError, type Tensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { patternModel, patternSample } from "./__fixtures__/pattern-model.ts";
import { findSchedulerClass } from "./load-scheduler.ts";
import type { Scheduler } from "./scheduler.ts";

type Attempt = (scheduler: Scheduler, timestep: number, generator: TorchGenerator) => void;

/** Takes six steps, before each of which, but for the first, one is tried that cannot be taken. */
function run(className: string, options: object, attempt?: Attempt): Tensor<"float32"> {
  const scheduler = findSchedulerClass(className)?.fromConfig(options);
  if (scheduler === undefined) throw new Error(`no ${className}`);
  scheduler.setTimesteps({ numInferenceSteps: 10 });
  const generator = new TorchGenerator(0);
  let sample = patternSample().mul(scheduler.initNoiseSigma);
  for (const [index, timestep] of scheduler.timesteps.slice(0, 6).entries()) {
    const output = patternModel(scheduler.scaleModelInput(sample, timestep, { generator }), timestep);
    if (attempt !== undefined && index > 0) {
      const { stepIndex } = scheduler;
      expect(() => attempt(scheduler, timestep, generator)).toThrow(InvalidArgumentError);
      expect(scheduler.stepIndex).toBe(stepIndex);
    }
    sample = scheduler.step(output, timestep, sample, { generator }).prevSample;
  }
  return sample;
}

describe("a step that fails leaves the run as it was", () => {
  // The first step of another batch would be taken; these remember the steps before.
  it.each([
    ["DEISMultistepScheduler", {}],
    ["DPMSolverMultistepScheduler", {}],
    ["EDMDPMSolverMultistepScheduler", {}],
    ["IPNDMScheduler", {}],
    ["LMSDiscreteScheduler", {}],
    ["PNDMScheduler", { skipPrkSteps: true }],
    ["UniPCMultistepScheduler", {}],
    ["UniPCMultistepScheduler", { solverOrder: 3, predictX0: false }],
  ])("where the batch is another than before: %s %j", (className, options) => {
    const disturbed = run(className, options, (scheduler, timestep) => {
      const part = patternSample().slice(0, 1);
      scheduler.step(part, timestep, part);
    });
    expect(disturbed.data).toEqual(run(className, options).data);
  });

  it.each([
    ["CMStochasticIterativeScheduler", {}],
    ["DDPMScheduler", {}],
    ["DPMSolverMultistepScheduler", { algorithmType: "sde-dpmsolver++" }],
    ["DPMSolverSinglestepScheduler", { algorithmType: "sde-dpmsolver++" }],
    ["EDMDPMSolverMultistepScheduler", { algorithmType: "sde-dpmsolver++" }],
    ["EDMEulerAncestralScheduler", {}],
    ["EulerAncestralDiscreteScheduler", {}],
    ["LCMScheduler", {}],
    ["TCDScheduler", {}],
  ])("where the generators are too few: %s %j", (className, options) => {
    const generator = Array.from({ length: 3 }, () => new TorchGenerator(1));
    const disturbed = run(className, options, (scheduler, timestep) => {
      scheduler.step(patternSample(), timestep, patternSample(), { generator });
    });
    expect(disturbed.data).toEqual(run(className, options).data);
  });

  it("in the half of a step that adds noise: KDPM2AncestralDiscreteScheduler", () => {
    const scheduler = findSchedulerClass("KDPM2AncestralDiscreteScheduler")?.fromConfig({}) as Scheduler;
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    const [first = 0, second = 0] = scheduler.timesteps;
    const sample = patternSample();
    scheduler.step(sample, first, sample);
    const generator = Array.from({ length: 3 }, () => new TorchGenerator(1));
    expect(() => scheduler.step(sample, second, sample, { generator })).toThrow(InvalidArgumentError);
    expect(scheduler).toMatchObject({ stepIndex: 1, stateInFirstOrder: false });
  });

  it("does not begin a run", () => {
    const scheduler = findSchedulerClass("EulerAncestralDiscreteScheduler")?.fromConfig({}) as Scheduler;
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    const [first = 0, second = 0] = scheduler.timesteps;
    const sample = patternSample();
    expect(() => scheduler.step(sample, second, sample, { generator: [] })).toThrow(InvalidArgumentError);
    expect(scheduler.stepIndex).toBeUndefined();
    scheduler.step(sample, first, sample);
    expect(scheduler.stepIndex).toBe(1);
  });
});
