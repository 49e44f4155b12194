import { expect, it } from "vitest";
import { karrasSigmas } from "./karras-sigmas.ts";

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
