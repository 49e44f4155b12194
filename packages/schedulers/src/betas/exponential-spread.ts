import { type AlphaBar, alphaBarBetas } from "./alpha-bar-betas.ts";
import type { OtherSpreads } from "./create-betas.ts";

/** A share of the signal that falls exponentially, to `e^-12`. */
const exponentialAlphaBar: AlphaBar = (time) => Math.exp(time * -12);

/** The spread of betas that HeunDiscreteScheduler has besides the common ones. */
export const exponentialSpread: OtherSpreads = {
  exp: ({ numTrainTimesteps }) => alphaBarBetas(numTrainTimesteps, exponentialAlphaBar),
};
