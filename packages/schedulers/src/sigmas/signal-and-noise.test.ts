import { expect, it } from "vitest";
import { signalAndNoise } from "./signal-and-noise.ts";

it("keeps the variance where the noise is over an unscaled signal", () => {
  const { signal, noise, logRatio } = signalAndNoise(2, false);
  expect(signal ** 2 + noise ** 2).toBeCloseTo(1, 6);
  expect(noise / signal).toBeCloseTo(2, 6);
  expect(logRatio).toBeCloseTo(-Math.log(2), 6);
});

it("mixes the two in flow matching", () => {
  expect(signalAndNoise(0.25, true)).toMatchObject({ signal: 0.75, noise: 0.25 });
  expect(signalAndNoise(0, true).logRatio).toBe(Number.POSITIVE_INFINITY);
});
