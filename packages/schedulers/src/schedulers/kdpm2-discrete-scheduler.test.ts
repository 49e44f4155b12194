import { describeKDPM2Scheduler } from "../__fixtures__/describe-kdpm2-scheduler.ts";
import goldens from "../__fixtures__/kdpm2-discrete-scheduler.json" with { type: "json" };
import { KDPM2DiscreteScheduler } from "./kdpm2-discrete-scheduler.ts";

describeKDPM2Scheduler(KDPM2DiscreteScheduler, goldens, "test_scheduler_kdpm2_discrete.py", {
  "no noise": { sum: 20.4125, mean: 0.0266 },
  v_prediction: { options: { predictionType: "v_prediction" }, sum: 4.6934e-7, mean: 6.1112e-10 },
  noise: { start: 16, sum: 70408.4062, mean: 91.6776 },
});
