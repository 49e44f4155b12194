import { expect, it } from "vitest";
import { multistepTimesteps, rungeKuttaTimesteps } from "./pndm-timesteps.ts";

const timesteps = Float64Array.of(901, 801, 701, 601, 501);

it("goes half-way twice in a Runge-Kutta step", () => {
  expect([...rungeKuttaTimesteps(timesteps, 50)]).toEqual([
    901, 851, 851, 801, 801, 751, 751, 701, 701, 651, 651, 601,
  ]);
});

it("leaves the rest to the multistep method, or all, with a correction of the first step", () => {
  expect([...multistepTimesteps(timesteps, false)]).toEqual([601, 501]);
  expect([...multistepTimesteps(timesteps, true)]).toEqual([901, 801, 801, 701, 601, 501]);
  expect([...multistepTimesteps(timesteps.slice(0, 1), true)]).toEqual([901]);
});
