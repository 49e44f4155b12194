import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import {
  leadingTimesteps,
  linspaceTimesteps,
  roundHalfEven,
  solverTimesteps,
  trailingTimesteps,
} from "./timesteps.ts";

describe("timestep spacing", () => {
  it("spaces timesteps evenly between both ends", () => {
    expect([...linspaceTimesteps(999, 4)]).toEqual([999, 666, 333, 0]);
    expect([...linspaceTimesteps(10, 5)]).toEqual([10, 7.5, 5, 2.5, 0]);
    expect([...linspaceTimesteps(999, 1)]).toEqual([0]);
  });

  it("leads: multiples from 0, with an offset", () => {
    expect([...leadingTimesteps(1000, 3, 0)]).toEqual([666, 333, 0]);
    expect([...leadingTimesteps(1000, 3, 1)]).toEqual([667, 334, 1]);
  });

  it("trails: from the last timestep down", () => {
    expect([...trailingTimesteps(1000, 1000 / 3, 3)]).toEqual([999, 666, 332]);
    expect([...trailingTimesteps(1000, 250, 4)]).toEqual([999, 749, 499, 249]);
  });
});

describe("solverTimesteps", () => {
  const config = { numTrainTimesteps: 100, stepsOffset: 1 };

  it("leaves out the timestep that a run ends at", () => {
    expect([...solverTimesteps("it", 4, { ...config, timestepSpacing: "linspace" })]).toEqual([
      99, 74, 50, 25,
    ]);
    expect([...solverTimesteps("it", 4, { ...config, timestepSpacing: "leading" })]).toEqual([
      81, 61, 41, 21,
    ]);
    expect([...solverTimesteps("it", 4, { ...config, timestepSpacing: "trailing" })]).toEqual([
      99, 74, 49, 24,
    ]);
  });

  it("has no timestep twice", () => {
    const refused = () => solverTimesteps("it", 100, { ...config, timestepSpacing: "linspace" });
    expect(refused).toThrow(InvalidArgumentError);
    expect(refused).toThrow("it: numInferenceSteps: found 100, expected a whole number from 1 to 99.");
    expect(new Set(solverTimesteps("it", 99, { ...config, timestepSpacing: "linspace" })).size).toBe(99);
    expect(solverTimesteps("it", 100, { ...config, timestepSpacing: "trailing" })).toHaveLength(100);
  });
});

describe("roundHalfEven", () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-2.5, -2],
    [2.4999, 2],
    [3, 3],
  ])("rounds %d to %d", (value, expected) => {
    expect(roundHalfEven(value)).toBe(expected);
  });
});
