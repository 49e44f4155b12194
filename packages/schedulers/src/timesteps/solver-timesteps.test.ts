import { InvalidArgumentError } from "@onestep/core";
import { expect, it } from "vitest";
import { solverTimesteps } from "./solver-timesteps.ts";

const config = { numTrainTimesteps: 100, stepsOffset: 1 };

it("leaves out the timestep that a run ends at", () => {
  expect([...solverTimesteps("it", 4, { ...config, timestepSpacing: "linspace" })]).toEqual([99, 74, 50, 25]);
  expect([...solverTimesteps("it", 4, { ...config, timestepSpacing: "leading" })]).toEqual([81, 61, 41, 21]);
  expect([...solverTimesteps("it", 4, { ...config, timestepSpacing: "trailing" })]).toEqual([99, 74, 49, 24]);
});

it("has no timestep twice", () => {
  const refused = () => solverTimesteps("it", 100, { ...config, timestepSpacing: "linspace" });
  expect(refused).toThrow(InvalidArgumentError);
  expect(refused).toThrow("it: numInferenceSteps: found 100, expected a whole number from 1 to 99.");
  expect(new Set(solverTimesteps("it", 99, { ...config, timestepSpacing: "linspace" })).size).toBe(99);
  expect(solverTimesteps("it", 100, { ...config, timestepSpacing: "trailing" })).toHaveLength(100);
});
