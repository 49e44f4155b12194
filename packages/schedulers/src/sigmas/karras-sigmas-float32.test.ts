import { expect, it } from "vitest";
import { karrasSigmasFloat32 } from "./karras-sigmas-float32.ts";

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
