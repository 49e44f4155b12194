import { expect, it } from "vitest";
import { exponentialSigmas } from "./exponential-sigmas.ts";

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
