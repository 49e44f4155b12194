import { DDIMScheduler, EDMEulerScheduler, EulerDiscreteScheduler } from "@onestep/schedulers";
import { expect, it } from "vitest";
import { UsageError } from "../arguments/usage-error.ts";
import { chooseScheduler } from "./choose-scheduler.ts";

it("finds the class that is named", () => {
  expect(chooseScheduler("EDMEulerScheduler")).toBe(EDMEulerScheduler);
  expect(chooseScheduler(undefined)).toBeUndefined();
});

it.each([
  ["euler-discrete", EulerDiscreteScheduler],
  ["euler_discrete_scheduler", EulerDiscreteScheduler],
  ["ddim", DDIMScheduler],
  ["DDIM", DDIMScheduler],
])("finds what %s is short for", (name, schedulerClass) => {
  expect(chooseScheduler(name)).toBe(schedulerClass);
});

it("refuses other names and suggests one", () => {
  expect(() => chooseScheduler("EDMEulerSheduler")).toThrow(UsageError);
  expect(() => chooseScheduler("EDMEulerSheduler")).toThrow("Did you mean EDMEulerScheduler?");
  expect(() => chooseScheduler("euler-discret")).toThrow("Did you mean EulerDiscreteScheduler?");
  expect(() => chooseScheduler("best")).toThrow(
    '--scheduler: found "best", expected one of CMStochasticIterativeScheduler, ',
  );
});
