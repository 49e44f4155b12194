import { expect, it } from "vitest";
import { leadingTimesteps, linspaceTimesteps, trailingTimesteps } from "./timestep-spacing.ts";

it("spreads evenly between both ends", () => {
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
