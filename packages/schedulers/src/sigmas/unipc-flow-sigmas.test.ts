import { expect, it } from "vitest";
import { unipcFlowSigmas } from "./unipc-flow-sigmas.ts";

const options = { flowShift: 1, timeShiftType: "exponential", shiftTerminal: null, mu: undefined } as const;
const sigmas = Float64Array.of(1, 0.5, 0.25);

it("leaves a part of the signal", () => {
  expect([...unipcFlowSigmas(sigmas, options)]).toEqual([1 - 1e-6, 0.5, 0.25]);
});

it("shifts by mu in place of the config's shift, and stretches to the last level", () => {
  const shifted = unipcFlowSigmas(sigmas, { ...options, flowShift: 9, mu: Math.log(3) });
  expect(shifted[1]).toBeCloseTo(0.75, 12);
  expect(unipcFlowSigmas(sigmas, { ...options, timeShiftType: "linear", mu: 3 })[2]).toBeCloseTo(0.5, 12);
  const stretched = unipcFlowSigmas(sigmas, { ...options, shiftTerminal: 0.1 });
  expect(stretched[2]).toBeCloseTo(0.1, 12);
  expect(stretched[1]).toBeCloseTo(0.4, 12);
});
