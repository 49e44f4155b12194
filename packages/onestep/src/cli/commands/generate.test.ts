import {
  DDIMScheduler,
  EDMEulerScheduler,
  EulerDiscreteScheduler,
  schedulerClasses,
} from "@onestep/schedulers";
import { expect, it } from "vitest";
import { UsageError } from "../arguments/parse-arguments.ts";
import { chooseScheduler } from "./generate.ts";

const choose = (name: string | undefined) => chooseScheduler(name, schedulerClasses);

it("finds the class that is named", () => {
  expect(choose("EDMEulerScheduler")).toBe(EDMEulerScheduler);
  expect(choose(undefined)).toBeUndefined();
});

it.each([
  ["euler-discrete", EulerDiscreteScheduler],
  ["euler_discrete_scheduler", EulerDiscreteScheduler],
  ["ddim", DDIMScheduler],
  ["DDIM", DDIMScheduler],
])("finds what %s is short for", (name, schedulerClass) => {
  expect(choose(name)).toBe(schedulerClass);
});

it("refuses other names and suggests one", () => {
  expect(() => choose("EDMEulerSheduler")).toThrow(UsageError);
  expect(() => choose("EDMEulerSheduler")).toThrow("Did you mean EDMEulerScheduler?");
  expect(() => choose("euler-discret")).toThrow("Did you mean EulerDiscreteScheduler?");
  expect(() => choose("best")).toThrow(
    '--scheduler: found "best", expected one of CMStochasticIterativeScheduler, ',
  );
});
