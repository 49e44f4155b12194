import { InvalidArgumentError, TorchGenerator } from "@onestep/core";
import { expect, it } from "vitest";
import { patternSample } from "./__fixtures__/pattern-model.ts";
import type { Scheduler } from "./scheduler.ts";
import { DDIMScheduler } from "./schedulers/ddim-scheduler.ts";
import { DDPMScheduler } from "./schedulers/ddpm-scheduler.ts";

/** The first numbers that a run ends with whose model predicts a tenth of its input. */
function runTo(scheduler: Scheduler, numInferenceSteps: number): number[] {
  scheduler.setTimesteps({ numInferenceSteps });
  let sample = patternSample();
  for (const timestep of scheduler.timesteps) {
    const options = { generator: new TorchGenerator(0) };
    sample = scheduler.step(sample.mul(0.1), timestep, sample, options).prevSample;
  }
  return [...sample.data.slice(0, 3)];
}

// diffusers' issues 11347, 12633: a step of DDIM leads N / n timesteps back, also where the run's are spaced differently.
it("a DDIMScheduler steps as far as in diffusers where the timesteps are spaced differently", () => {
  const scheduler = new DDIMScheduler({
    numTrainTimesteps: 100,
    betaSchedule: "squaredcos_cap_v2",
    timestepSpacing: "linspace",
  });
  const expected = [-0.8397797, -0.8149162, -0.7900527];
  runTo(scheduler, 5).forEach((value, index) => {
    // Cosines and square roots of float32, five steps: some units in the last place.
    expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 6);
  });
  expect([...scheduler.timesteps]).toEqual([99, 74, 50, 25, 0]);
});

// 5921: the step from timestep 0 leads to −200, which is the end of the run and not an index.
it("a DDIMScheduler ends at the clean sample, below timestep 0", () => {
  const expected = [-0.9334897, -0.9312567, -0.9290234];
  runTo(new DDIMScheduler(), 5).forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 6);
  });
});

// 9384: seven steps of 1000 from the end.
it("a DDPMScheduler finds the timestep before in the run", () => {
  const scheduler = new DDPMScheduler({ timestepSpacing: "trailing" });
  scheduler.setTimesteps({ numInferenceSteps: 7 });
  const { timesteps } = scheduler;
  expect([...timesteps.slice(0, 5)]).toEqual([999, 856, 713, 570, 428]);
  const before = [...timesteps].map((timestep) => scheduler.previousTimestep(timestep));
  expect(before).toEqual([...timesteps.slice(1), -1]);
});

// 263: in diffusers a TypeError of `int // None`.
it("a step without a run says what to call", () => {
  const sample = patternSample();
  const step = () => new DDIMScheduler().step(sample, 999, sample);
  expect(step).toThrow(InvalidArgumentError);
  expect(step).toThrow("Call `scheduler.setTimesteps({ numInferenceSteps })` first.");
});
