import { expect, it } from "vitest";
import { evenFlowSigmas, fullFlowSigmas, shiftFlowSigmas } from "./flow-sigmas.ts";

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
