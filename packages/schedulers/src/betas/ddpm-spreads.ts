import * as float32 from "../arithmetic/float32.ts";
import { linspaceFloat32 } from "../arithmetic/linspace-float32.ts";
import { type AlphaBar, alphaBarBetas } from "./alpha-bar-betas.ts";
import type { OtherSpreads } from "./create-betas.ts";

/** A signal-to-noise ratio that follows a Laplace distribution: Hang et al. 2024 (arXiv:2407.03297). */
const laplaceAlphaBar: AlphaBar = (time) => {
  const side = time <= 0.5 ? 1 : -1;
  const ratio = Math.exp(-0.5 * side * Math.log(1 - 2 * Math.abs(0.5 - time) + 1e-6));
  return Math.sqrt(ratio / (1 + ratio));
};

/** The spreads of betas that DDPMScheduler has besides the common ones. */
export const ddpmSpreads: OtherSpreads = {
  // Of GeoDiff.
  sigmoid: ({ betaStart, betaEnd, numTrainTimesteps }) => {
    const range = Math.fround(betaEnd - betaStart);
    const start = Math.fround(betaStart);
    return linspaceFloat32(-6, 6, numTrainTimesteps).map((logit) =>
      float32.add(float32.mul(float32.div(1, float32.add(1, float32.exp(-logit))), range), start),
    );
  },
  laplace: ({ numTrainTimesteps }) => alphaBarBetas(numTrainTimesteps, laplaceAlphaBar),
};
