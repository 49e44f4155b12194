import type { Tensor } from "@onestep/core";
import type { Scheduler } from "../scheduler.ts";
import { dummyModel } from "./dummy-model.ts";

/** Takes the steps of a run with `dummyModel` in the network's place, and returns what each gave. */
export function runThrough<Stepper extends Scheduler>(
  scheduler: Stepper,
  start: Tensor<"float32">,
  options?: Parameters<Stepper["step"]>[3],
  timesteps: Float64Array = scheduler.timesteps,
): ReturnType<Stepper["step"]>[] {
  let sample = start;
  return Array.from(timesteps, (timestep) => {
    const modelOutput = dummyModel(scheduler.scaleModelInput(sample, timestep), timestep);
    const output = scheduler.step(modelOutput, timestep, sample, options) as ReturnType<Stepper["step"]>;
    sample = output.prevSample;
    return output;
  });
}
