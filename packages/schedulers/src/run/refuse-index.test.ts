import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { refuseIndex } from "./refuse-index.ts";

it("refuses a whole number that is no timestep, and lets others pass", () => {
  const timesteps = Float64Array.of(8, 4.5);
  refuseIndex("SomeScheduler", 8, timesteps);
  refuseIndex("SomeScheduler", 0.5, timesteps);
  expect(() => refuseIndex("SomeScheduler", 1, timesteps)).toThrow(InvalidArgumentError);
  expect(() => refuseIndex("SomeScheduler", 1, timesteps)).toThrow(
    "as timesteps to `SomeScheduler.step()` is not supported. Make sure to pass one of the `scheduler.timesteps`",
  );
});
