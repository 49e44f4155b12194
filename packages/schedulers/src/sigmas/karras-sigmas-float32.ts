import * as float32 from "../arithmetic/float32.ts";
import { linspaceFloat32 } from "../arithmetic/linspace-float32.ts";
import type { KarrasSigmasOptions } from "./karras-sigmas.ts";

/**
 * `count` noise levels from `sigmaMax` down to `sigmaMin` as `karrasSigmas` spreads them, in float32 throughout: with
 * the roundings of OpenAI's `get_sigmas_karras` and diffusers' `EDMDPMSolverMultistepScheduler`. Within a few units in
 * the last place of torch, whose `pow` is its own. A single level is `sigmaMax`.
 */
export function karrasSigmasFloat32(count: number, options: KarrasSigmasOptions): Float32Array {
  const { sigmaMin, sigmaMax, rho } = options;
  const start = sigmaMax ** (1 / rho);
  const gap = Math.fround(sigmaMin ** (1 / rho) - start);
  return linspaceFloat32(0, 1, count).map(
    (position) => float32.add(Math.fround(start), float32.mul(position, gap)) ** rho,
  );
}
