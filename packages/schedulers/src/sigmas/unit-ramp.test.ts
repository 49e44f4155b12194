import { expect, it } from "vitest";
import { unitRamp } from "./unit-ramp.ts";

it("is np.linspace(0, 1, count)", () => {
  expect([...unitRamp(1)]).toEqual([0]);
  expect([...unitRamp(2)]).toEqual([0, 1]);
  // numpy multiplies by the rounded gap: 3 · (1 / 49) is not 3 / 49.
  expect(unitRamp(50)[3]).toBe(3 * (1 / 49));
  expect(unitRamp(50)[49]).toBe(1);
});
