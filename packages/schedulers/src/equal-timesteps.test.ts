import { Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { patternSample } from "./__fixtures__/pattern-model.ts";
import { findSchedulerClass } from "./load-scheduler.ts";
import type { Scheduler } from "./scheduler.ts";

function make(name: string, conversion: string): Scheduler {
  const scheduler = findSchedulerClass(name)?.fromConfig({
    betaSchedule: "squaredcos_cap_v2",
    [conversion]: true,
  });
  if (scheduler === undefined) throw new Error(`no ${name}`);
  return scheduler;
}

/** Loops over the timesteps with a tenth of its input as the model. */
function runBare(scheduler: Scheduler): Tensor<"float32"> {
  let sample = patternSample().mul(scheduler.initNoiseSigma);
  for (const timestep of scheduler.timesteps) {
    const output = scheduler.scaleModelInput(sample, timestep).mul(0.1);
    sample = scheduler.step(output, timestep, sample).prevSample;
  }
  return sample;
}

describe("a run whose first timesteps are equal", () => {
  // The first three elements as diffusers has them after `set_begin_index(0)`; without it, it ends in an IndexError.
  it.each([
    ["DPMSolverMultistepScheduler", "useKarrasSigmas", 6, [-7197.7803, -6298.0586, -5398.3374]],
    ["DPMSolverMultistepScheduler", "useExponentialSigmas", 20, [-7211.3843, -6309.9551, -5408.5381]],
    ["DPMSolverMultistepScheduler", "useBetaSigmas", 6, [-5188.5483, -4539.9927, -3891.4243]],
    ["DPMSolverMultistepScheduler", "useLuLambdas", 6, [-10280.1543, -8995.1348, -7710.1147]],
    ["DPMSolverSinglestepScheduler", "useKarrasSigmas", 20, [-8275.6416, -7241.188, -6206.7329]],
    ["UniPCMultistepScheduler", "useKarrasSigmas", 6, [-6961.1104, -6090.9717, -5220.8384]],
    ["UniPCMultistepScheduler", "useBetaSigmas", 20, [-5466.0332, -4782.7749, -4099.5166]],
    ["DEISMultistepScheduler", "useExponentialSigmas", 6, [-12447.1973, -10891.3018, -9335.4014]],
    ["KDPM2DiscreteScheduler", "useKarrasSigmas", 6, [-3789.7375, -3316.0129, -2842.2981]],
    ["HeunDiscreteScheduler", "useKarrasSigmas", 6, [1005.5702, 879.8632, 754.1755]],
    ["EulerDiscreteScheduler", "useKarrasSigmas", 20, [-9038.3184, -7908.5288, -6778.7383]],
  ])(
    "begins at its start in a bare loop: %s, %s, %i steps",
    (name, conversion, numInferenceSteps, expected) => {
      const scheduler = make(name, conversion);
      scheduler.setTimesteps({ numInferenceSteps });
      const actual = runBare(scheduler);
      // Levels of tens of thousands, where float32 is spaced by a thousandth, are summed up over the steps.
      expected.forEach((value, index) => {
        expect(Math.abs((actual.data[index] ?? Number.NaN) / value - 1)).toBeLessThan(1e-4);
      });
      expect(scheduler.stepIndex).toBe(scheduler.timesteps.length);
    },
  );

  it.each(["DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "DEISMultistepScheduler"])(
    "takes the second of two equal timesteps for noise to add, and for a run that begins in the middle: %s",
    (name) => {
      const scheduler = make(name, "useKarrasSigmas");
      scheduler.setTimesteps({ numInferenceSteps: 200 });
      const { timesteps } = scheduler;
      const middle = timesteps.findIndex(
        (timestep, index) => timestep === timesteps[index - 1] && timestep !== timesteps[0],
      );
      const timestep = timesteps[middle] ?? Number.NaN;
      expect(timestep).not.toBe(timesteps[0]);

      const zeros = Tensor.zeros([1, 1]);
      const noise = Tensor.from([1], [1, 1]);
      const added = scheduler.addNoise(zeros, noise, [timestep]);
      const begun = scheduler.clone();
      begun.setTimesteps({ numInferenceSteps: 200 });
      begun.setBeginIndex(middle);
      expect(added.data[0]).toBe(begun.addNoise(zeros, noise, [timestep]).data[0]);

      scheduler.step(zeros, timestep, zeros);
      expect(scheduler.stepIndex).toBe(middle + 1);
    },
  );
});
