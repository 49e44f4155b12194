import { beforeEach, expect, it, vi } from "vitest";
import type { LCMScheduler } from "../schedulers/lcm-scheduler.ts";
import type { TCDScheduler } from "../schedulers/tcd-scheduler.ts";
import { distilledDefaults } from "./defaults.ts";
import { describeScheduler, type SchedulerFacts } from "./describe-scheduler.ts";
import { patternSample } from "./pattern-model.ts";

type MakeDistilledScheduler = (new (
  options?: object,
) => LCMScheduler | TCDScheduler) & {
  readonly className: string;
};

/** Tests what `LCMScheduler` and `TCDScheduler` share. */
export function describeDistilledScheduler(
  schedulerClass: MakeDistilledScheduler,
  { step, ...facts }: Pick<SchedulerFacts, "goldens" | "fullLoops"> & { readonly step?: object },
): void {
  // Timesteps of a caller's own are warned of.
  beforeEach(() => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
  });

  describeScheduler({
    schedulerClass,
    ...facts,
    defaults: distilledDefaults,
    properties: { order: 1, length: 1000, initNoiseSigma: 1, finalAlphaCumprod: 1 },
    timestepCount: 1000,
    refusedRequests: [
      [{}, "found no option, expected exactly one of `numInferenceSteps`, `timesteps`."],
      [{ numInferenceSteps: 51 }, "numInferenceSteps: found 51, expected a whole number from 1 to 50."],
      [
        { timesteps: [100, 87, 50, 51, 0] },
        "found 51 at index 3, expected whole numbers from 0 to 999, strictly descending",
      ],
      [{ timesteps: [1000] }, "found 1000 at index 0"],
      [
        { numInferenceSteps: 2, originalInferenceSteps: 0 },
        "originalInferenceSteps: found 0, expected a whole",
      ],
      [{ numInferenceSteps: 2, strength: 2 }, "strength: found 2, expected a number from 0 to 1."],
    ],
    step: {
      needsRun: true,
      wrongTimesteps: [
        [1000, "timestep: found 1000, expected a whole number from 0 to 999."],
        [5, "timestep: found 5, expected one of `scheduler.timesteps`: 999."],
      ],
      ...step,
    },
  });

  it("ends at ᾱ of timestep 0 where the config says so", () => {
    const scheduler = new schedulerClass({ setAlphaToOne: false });
    expect(scheduler.finalAlphaCumprod).toBe(scheduler.alphasCumprod[0]);
  });

  it("takes timesteps of the distillation, and knows the one before each", () => {
    const scheduler = new schedulerClass();
    scheduler.setTimesteps({ numInferenceSteps: 4 });
    expect([...scheduler.timesteps]).toEqual([999, 759, 499, 259]);
    expect(scheduler.numInferenceSteps).toBe(4);
    scheduler.setTimesteps({ timesteps: [100, 87, 50, 1, 0] });
    const previous = [...scheduler.timesteps].map((timestep) => scheduler.previousTimestep(timestep));
    expect(previous).toEqual([87, 50, 1, 0, -1]);
  });

  it("adds no noise in the last step, also where `strength` cut the run short", () => {
    const scheduler = new schedulerClass();
    scheduler.setTimesteps({ timesteps: [999, 499], strength: 0.5 });
    const output = scheduler.step(patternSample(), 499, patternSample());
    expect(output.prevSample).toBe("denoised" in output ? output.denoised : output.predNoisedSample);
  });
}
