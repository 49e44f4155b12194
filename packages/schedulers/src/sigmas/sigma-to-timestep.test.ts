import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sigmaToTimestep } from "./sigma-to-timestep.ts";

describe("sigmaToTimestep", () => {
  it.each([
    [1, 0],
    [2, 1],
    [4, 2],
    [0.5, 0],
    [9, 2],
    [Math.SQRT2, 0.5],
  ])("puts the level %d at %d", (sigma, timestep) => {
    const logSigmas = Float32Array.of(0, Math.log(2), Math.log(4));
    // The logarithms are rounded to float32.
    expect(sigmaToTimestep(sigma, logSigmas)).toBeCloseTo(timestep, 6);
  });

  it("takes the last level that is not above, also where the last of all lies below the one before", () => {
    const logSigmas = Float32Array.of(0, 1, 9, 8);
    expect(sigmaToTimestep(Math.exp(8), logSigmas)).toBe(3);
    expect(sigmaToTimestep(Math.exp(5), logSigmas)).toBeCloseTo(1.5, 6);
  });

  it("lies between the last level up to it and the next, however many are the same", () => {
    const levels = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(levels, fc.double({ min: -9, max: 9, noNaN: true }), (unsorted, logSigma) => {
        const logSigmas = Float32Array.from(unsorted).sort();
        const found = logSigmas.findLastIndex((logarithm) => logarithm <= Math.log(Math.exp(logSigma)));
        const low = Math.min(Math.max(found, 0), logSigmas.length - 2);
        const timestep = sigmaToTimestep(Math.exp(logSigma), logSigmas);
        if (logSigmas[low] === logSigmas[low + 1]) return;
        expect(timestep).toBeGreaterThanOrEqual(low);
        expect(timestep).toBeLessThanOrEqual(low + 1);
      }),
    );
  });

  it("does not look at every level of a long schedule for each of them", () => {
    const logSigmas = Float32Array.from({ length: 1_000_000 }, (_, index) => index);
    let sum = 0;
    for (let count = 0; count < 1_000_000; count += 1) sum += sigmaToTimestep(1, logSigmas);
    expect(sum).toBe(0);
  });
});
