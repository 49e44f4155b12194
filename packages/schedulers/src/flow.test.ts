import { describe, expect, it } from "vitest";
import { evenFlowSigmas, fullFlowSigmas, shiftFlowSigmas, stretchToTerminal, timeShift } from "./flow.ts";

describe("flow sigmas", () => {
  it("spaces levels evenly", () => {
    expect([...evenFlowSigmas(3, 10)].map((sigma) => sigma.toFixed(6))).toEqual([
      "0.900000",
      "0.600000",
      "0.300000",
    ]);
    expect([...fullFlowSigmas(3, 10)].map((sigma) => sigma.toFixed(6))).toEqual([
      "1.000000",
      "0.700000",
      "0.400000",
    ]);
  });

  it("shifts levels between 0 and 1", () => {
    expect([...shiftFlowSigmas(Float64Array.of(0, 0.5, 1), 3)]).toEqual([0, 0.75, 1]);
    expect([...shiftFlowSigmas(Float64Array.of(0.3), 1)]).toEqual([0.3]);
  });

  it("shifts levels by the resolution of an image", () => {
    const [, half] = timeShift(Float64Array.of(1, 0.5), Math.log(3), "exponential");
    expect(half).toBeCloseTo(0.75, 12);
    expect([...timeShift(Float64Array.of(1, 0.5), 3, "linear")]).toEqual([1, 0.75]);
  });

  it("stretches levels so that the last is the one of the config", () => {
    const sigmas = Float64Array.of(1, 0.5);
    expect([...stretchToTerminal(sigmas, 0.25)]).toEqual([1, 0.25]);
    expect(stretchToTerminal(sigmas, null)).toBe(sigmas);
    expect(stretchToTerminal(sigmas, 0)).toBe(sigmas);
  });
});
