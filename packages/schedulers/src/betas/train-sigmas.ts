import * as float32 from "../arithmetic/float32.ts";

/** `σ = √((1 − ᾱ) / ᾱ)` in float32: the noise level of each timestep of training, over a signal that is not scaled. */
export function trainSigmas(alphasCumprod: Float32Array): Float32Array {
  return alphasCumprod.map((alphaProd) => float32.sqrt(float32.div(float32.sub(1, alphaProd), alphaProd)));
}

/** What stands for ᾱ = 0, so that the noise level is finite: the smallest number of float16. */
const terminalAlphaProd = 2 ** -24;

/** ᾱ with {@link terminalAlphaProd} at its end, where the betas were rescaled so that it is 0 there. */
export function liftTerminalAlpha(alphasCumprod: Float32Array): Float32Array {
  const lifted = alphasCumprod.slice();
  lifted[lifted.length - 1] = terminalAlphaProd;
  return lifted;
}
