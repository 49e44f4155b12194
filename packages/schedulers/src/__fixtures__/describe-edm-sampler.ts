import { churnDefaults, edmDefaults } from "./defaults.ts";
import { describeScheduler, type SchedulerFacts } from "./describe-scheduler.ts";

/** Tests what OpenAI's samplers share. Their numbers are compared in openai-samplers.test.ts. */
export function describeEDMSampler(
  schedulerClass: SchedulerFacts["schedulerClass"],
  facts: Partial<SchedulerFacts> & { readonly hasChurn: boolean },
): void {
  const { hasChurn, step, ...rest } = facts;
  describeScheduler({
    schedulerClass,
    defaults: { ...edmDefaults, clipDenoised: true, ...(hasChurn ? churnDefaults : {}) },
    properties: { order: hasChurn ? 2 : 1, length: 1000, initNoiseSigma: 80 },
    refusedOptions: hasChurn ? [[{ sChurn: -1 }, "sChurn: found -1, expected a number, at least 0"]] : [],
    contradictions: [[{ sigmaMin: 2, sigmaMax: 1 }, "found sigma_min 2 above sigma_max 1"]],
    refusedRequests: [
      [{ timesteps: [1] }, "found `timesteps`, expected exactly one of"],
      [{ numInferenceSteps: 0 }, "found 0, expected a whole number"],
    ],
    ...rest,
    step: {
      reminds: true,
      wrongTimesteps: [[0, "Passing integer indices"]],
      beginIndex: hasChurn ? 2 : 1,
      ...step,
    },
  });
}
