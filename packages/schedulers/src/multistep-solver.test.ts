import { expect, it } from "vitest";
import { flowShift } from "./multistep-solver.ts";

const config = { flowShift: 3, useDynamicShifting: false, timeShiftType: "exponential" } as const;

it("is that of the config, or the exponential of mu", () => {
  expect(flowShift("it", config, undefined)).toBe(3);
  expect(flowShift("it", { ...config, useDynamicShifting: true }, 0.5)).toBe(Math.exp(0.5));
});

it("refuses a mu that the config does not ask for, or that is none", () => {
  expect(() => flowShift("it", config, 1)).toThrow("it: mu: found 1, expected nothing, since the config");
  expect(() => flowShift("it", { ...config, useDynamicShifting: true }, Number.NaN)).toThrow("found NaN");
});
