import { expect, it } from "vitest";
import { CMStochasticIterativeScheduler } from "./cm-stochastic-iterative-scheduler.ts";
import { EDMEulerScheduler } from "./edm-euler-scheduler.ts";
import { findSchedulerClass, schedulerClasses } from "./scheduler-classes.ts";

it("finds schedulers by their names in diffusers", () => {
  expect(findSchedulerClass("CMStochasticIterativeScheduler")).toBe(CMStochasticIterativeScheduler);
  expect(findSchedulerClass("EDMEulerScheduler")).toBe(EDMEulerScheduler);
  expect(findSchedulerClass("RePaintScheduler")).toBeUndefined();
  expect(findSchedulerClass("constructor")).toBeUndefined();
});

it("cannot be added to", () => {
  expect(Object.isFrozen(schedulerClasses)).toBe(true);
});

it("is in the order of the names", () => {
  const names = schedulerClasses.map(({ className }) => className);
  expect(names).toEqual([...names].sort());
});

it("has every scheduler that there is a file of", () => {
  const files = import.meta.glob("./*-scheduler.ts");
  const isFile = (path: string) => path !== "./load-scheduler.ts";
  expect(schedulerClasses).toHaveLength(Object.keys(files).filter(isFile).length);
});
