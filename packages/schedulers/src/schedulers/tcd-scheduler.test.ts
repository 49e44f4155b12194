import { describeDistilledScheduler } from "../__fixtures__/describe-distilled-scheduler.ts";
import goldens from "../__fixtures__/tcd-scheduler.json" with { type: "json" };
import { TCDScheduler } from "./tcd-scheduler.ts";

describeDistilledScheduler(TCDScheduler, {
  goldens,
  fullLoops: {
    test: "test_scheduler_tcd.py",
    sumTolerance: 1e-3,
    stepOptions: () => ({ eta: 0 }),
    loops: {
      "one step": { count: 1, sum: 29.8715, mean: 0.0389 },
      "ten steps": { count: 10, sum: 181.204, mean: 0.2359 },
    },
  },
  step: { wrongOptions: [[{ eta: 2 }, "eta: found 2, expected a number"]] },
});
