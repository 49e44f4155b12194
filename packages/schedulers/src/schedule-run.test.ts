import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { ScheduleRun } from "./schedule-run.ts";

const makeRun = () =>
  new ScheduleRun("SomeScheduler", new Float64Array([9.5, 8, 7.5]), { sigmas: Float32Array.of(4, 2, 1, 0) });

it("begins at the first timestep it is given, and then counts", () => {
  const run = makeRun();
  expect(run.stepIndex).toBeUndefined();
  expect(run.enter(8)).toBe(1);
  run.advance(1);
  expect(run.enter(-1)).toBe(2);
  run.advance(2);
  expect(() => run.enter(7.5)).toThrow(InvalidArgumentError);
  expect(() => run.enter(7.5)).toThrow(
    "SomeScheduler: found a finished run (3 timesteps), expected a run with steps left." +
      " Call `setTimesteps` to start another run.",
  );
});

it("does not begin at a timestep that it does not have", () => {
  const run = makeRun();
  expect(() => run.enter(7)).toThrow("SomeScheduler: timestep: found 7");
  expect(run.stepIndex).toBeUndefined();
});

it("begins at the begin index", () => {
  const run = makeRun();
  run.setBeginIndex(2);
  expect(run.enter(9.5)).toBe(2);
  expect(() => run.setBeginIndex(3)).toThrow("found 3, expected an index into the 3 timesteps.");
});

it("has a noise level for each index, the last one past the end", () => {
  expect([0, 3, 4].map((index) => makeRun().sigmaAt(index))).toEqual([4, 0, 0]);
});

it("has noise to add of the looked-up level, of the begin index, or of the step it has come to", () => {
  const run = makeRun();
  const level = (timestep: number) => run.sigmasToAdd([timestep])[0];
  expect(level(8)).toBe(2);
  expect(() => level(5)).toThrow("SomeScheduler.addNoise: timestep: found 5");
  run.setBeginIndex(0);
  expect(level(5)).toBe(4);
  run.advance(run.enter(5));
  expect(level(5)).toBe(2);
});

it("knows whether it was begun with a number of steps", () => {
  expect(() => makeRun().requireStarted()).toThrow(
    "SomeScheduler.step: found no run, expected a run started by `setTimesteps`.",
  );
  const run = new ScheduleRun("SomeScheduler", Float64Array.of(1), { numInferenceSteps: 1 });
  expect(run.requireStarted()).toBe(1);
});
