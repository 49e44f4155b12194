import { InvalidArgumentError, Tensor } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { addNoise, ancestralLevels, chooseGamma } from "./noise.ts";

describe("addNoise", () => {
  const samples = Tensor.from([1, 2, 3, 4], [2, 2]);
  const noise = Tensor.from([1, 1, 10, 10], [2, 2]);

  it("takes one noise level for all items, or one for each", () => {
    expect([...addNoise("here", samples, noise, [2]).data]).toEqual([3, 4, 23, 24]);
    expect([...addNoise("here", samples, noise, [2, 0.5]).data]).toEqual([3, 4, 8, 9]);
  });

  it("rounds each operation to float32", () => {
    const sum = addNoise("here", Tensor.from([0.1]), Tensor.from([0.3]), [0.7]);
    expect(sum.data[0]).toBe(
      Math.fround(Math.fround(0.1) + Math.fround(Math.fround(0.3) * Math.fround(0.7))),
    );
  });

  it("refuses noise of another shape, and levels that do not fit the batch", () => {
    expect(() => addNoise("here", samples, Tensor.zeros([4]), [1])).toThrow(InvalidArgumentError);
    expect(() => addNoise("here", samples, Tensor.zeros([4]), [1])).toThrow(
      "here: found originalSamples float32 [2, 2]",
    );
    expect(() => addNoise("here", samples, noise, [1, 2, 3])).toThrow(
      "here: timesteps: found 3 timesteps for a batch of 2, expected one timestep for all items, or one for each.",
    );
    expect(() => addNoise("here", Tensor.zeros([0, 2]), Tensor.zeros([0, 2]), [])).toThrow(
      InvalidArgumentError,
    );
  });
});

describe("chooseGamma", () => {
  it("spreads the churn over the steps, up to √2 − 1", () => {
    expect(chooseGamma("here", 1, 10, {})).toBe(0);
    expect(chooseGamma("here", 1, 10, { sChurn: 1 })).toBe(0.1);
    expect(chooseGamma("here", 1, 10, { sChurn: 40 })).toBe(Math.SQRT2 - 1);
  });

  it("keeps to the bounds, rounded to float32 as the noise level is", () => {
    const level = Math.fround(0.05);
    expect(chooseGamma("here", level, 1, { sChurn: 0.1, sTmin: 0.05, sTmax: 0.05 })).toBe(0.1);
    expect(chooseGamma("here", level, 1, { sChurn: 0.1, sTmin: 0.051 })).toBe(0);
    expect(chooseGamma("here", level, 1, { sChurn: 0.1, sTmax: 0.049 })).toBe(0);
  });

  it("refuses what is not a number", () => {
    expect(() => chooseGamma("here", 1, 1, { sTmax: Number.NaN })).toThrow(InvalidArgumentError);
    expect(() => chooseGamma("here", 1, 1, { sTmax: Number.NaN })).toThrow(
      "here: sTmax: found NaN, expected a number.",
    );
  });
});

describe("ancestralLevels", () => {
  it("splits a step so that the variances add up", () => {
    const { sigmaUp, sigmaDown } = ancestralLevels(10, 4);
    expect(sigmaUp).toBe(Math.fround(Math.sqrt(13.44)));
    expect(sigmaUp ** 2 + sigmaDown ** 2).toBeCloseTo(16, 5);
  });

  it("adds nothing on the way to a level without noise", () => {
    expect(ancestralLevels(3, 0)).toEqual({ sigmaUp: 0, sigmaDown: 0 });
  });

  it("stays a number where rounding leaves nothing to go down to", () => {
    for (let sigma = 0.001; sigma < 0.02; sigma += 0.0001) {
      const { sigmaUp, sigmaDown } = ancestralLevels(157.4, Math.fround(sigma));
      expect(sigmaUp).toBeCloseTo(sigma, 6);
      expect(sigmaDown).toBeLessThan(sigma);
    }
  });
});
