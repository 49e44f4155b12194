import { expect, it } from "vitest";
import type { KDPM2AncestralDiscreteScheduler } from "../schedulers/kdpm2-ancestral-discrete-scheduler.ts";
import type { KDPM2DiscreteScheduler } from "../schedulers/kdpm2-discrete-scheduler.ts";
import { conversionDefaults, stableDiffusionBetas } from "./defaults.ts";
import { describeHalfSteps, describeScheduler, type FullLoop, takesOnlySteps } from "./describe-scheduler.ts";
import { patternSample } from "./pattern-model.ts";

type MakeKDPM2Scheduler = (new (
  options?: object,
) => KDPM2DiscreteScheduler | KDPM2AncestralDiscreteScheduler) & { readonly className: string };

/** Tests what `KDPM2DiscreteScheduler` and `KDPM2AncestralDiscreteScheduler` share. */
export function describeKDPM2Scheduler(
  schedulerClass: MakeKDPM2Scheduler,
  goldens: unknown,
  test: string,
  loops: Readonly<Record<string, FullLoop>>,
): void {
  describeScheduler({
    schedulerClass,
    defaults: {
      ...stableDiffusionBetas,
      ...conversionDefaults,
      predictionType: "epsilon",
      timestepSpacing: "linspace",
      stepsOffset: 0,
    },
    properties: { order: 2, length: 1000, numInferenceSteps: 1000 },
    timestepCount: 1999,
    sigmaCount: 2002,
    refusedOptions: [[{ predictionType: "sample" }, "expected one of epsilon, v_prediction"]],
    contradictions: [
      [{ useKarrasSigmas: true, useExponentialSigmas: true }, "at once, expected at most one"],
    ],
    refusedRequests: takesOnlySteps(),
    requestOptions: { timestepSpacing: "trailing" },
    goldens,
    fullLoops: { test, options: { numTrainTimesteps: 1100, betaStart: 0.0001, betaEnd: 0.02 }, loops },
    step: {
      wrongTimesteps: [[5, "timestep: found 5, expected one of `scheduler.timesteps`: 0."]],
      beginIndex: 2,
    },
  });

  describeHalfSteps(schedulerClass);

  it("begins at the start of a step alone", () => {
    const scheduler = new schedulerClass();
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(1);
    expect(() => scheduler.step(patternSample(), 0, patternSample())).toThrow(
      "in the middle of a step, expected a timestep at the start of one",
    );
    scheduler.setTimesteps({ numInferenceSteps: 3 });
    scheduler.setBeginIndex(2);
    scheduler.scaleModelInput(patternSample(), 0);
    scheduler.step(patternSample(), 0, patternSample());
    expect(scheduler).toMatchObject({ stepIndex: 3, beginIndex: 2 });
  });
}
