import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exponentialSigmas, karrasSigmas, karrasSigmasFloat32, sigmaToTimestep } from "./sigmas.ts";

describe("sigmaToTimestep", () => {
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
});

describe("karrasSigmas", () => {
  it("goes from sigmaMax to sigmaMin, and beyond", () => {
    const sigmas = karrasSigmas([0, 22 / 39, 1, -3 / 39], { sigmaMin: 0.002, sigmaMax: 80, rho: 7 });
    // Index 22 of 40 and the noise level beyond sigmaMax, as diffusers has them in float32.
    expect([...Float32Array.from(sigmas)]).toEqual([
      80,
      1.3823679685592651,
      Math.fround(0.002),
      120.28607940673828,
    ]);
  });

  it("is a straight line for rho 1", () => {
    expect([...karrasSigmas([0, 0.5, 1], { sigmaMin: 1, sigmaMax: 3, rho: 1 })]).toEqual([3, 2, 1]);
  });
});

describe("karrasSigmasFloat32", () => {
  const options = { sigmaMin: 0.002, sigmaMax: 80, rho: 7 };

  it("gives the levels of OpenAI's get_sigmas_karras", () => {
    const expected = [
      79.99998474121094, 17.527830123901367, 2.5152194499969482, 0.16975267231464386, 0.0019999996293336153,
    ];
    const sigmas = karrasSigmasFloat32(5, options);
    // torch's `pow` is its own: two units in the last place.
    for (const [index, sigma] of expected.entries()) {
      expect(Math.abs(Number(sigmas[index]) / sigma - 1)).toBeLessThan(2.4e-7);
    }
  });

  it("of one is the highest", () => {
    expect(karrasSigmasFloat32(1, options)[0]).toBeCloseTo(80, 4);
  });
});

describe("exponentialSigmas", () => {
  const ends = { sigmaMin: 0.002, sigmaMax: 80 };

  it("spaces the logarithms evenly", () => {
    const sigmas = exponentialSigmas(5, ends);
    const ratios = [...sigmas.slice(1)].map((sigma, index) => sigma / Number(sigmas[index]));
    // Four equal ratios, whose product is 0.002 / 80; a few roundings of float32 apart.
    for (const ratio of ratios) expect(Math.abs(ratio / (0.002 / 80) ** 0.25 - 1)).toBeLessThan(1e-6);
  });

  it("is sigmaMin alone for one level, as in diffusers", () => {
    // exp(log 0.002) in float32 is a few units in the last place away.
    expect(Math.abs(Number(exponentialSigmas(1, ends)[0]) / 0.002 - 1)).toBeLessThan(1e-6);
  });
});
