import { describe, expect, it } from "vitest";
import { type BetaSchedule, createBetas, cumulativeAlphas } from "./betas.ts";

const defaults = { numTrainTimesteps: 1000, betaStart: 0.0001, betaEnd: 0.02, trainedBetas: null };

/** ᾱ at 0, 500, 998 and 999 of a thousand timesteps, as diffusers' DDPMScheduler and HeunDiscreteScheduler have it. */
const expected: Readonly<Record<BetaSchedule, { plain: number[]; rescaled: number[] }>> = {
  linear: {
    plain: [0.999899983, 0.0777966529, 4.11819419e-5, 4.03583035e-5],
    rescaled: [0.999899983, 0.0752462, 4.21327417e-9, 0],
  },
  scaled_linear: {
    plain: [0.999899983, 0.331274629, 0.000748379563, 0.000733411987],
    rescaled: [0.999900103, 0.317815363, 7.98630779e-8, 0],
  },
  squaredcos_cap_v2: {
    plain: [0.999958694, 0.492285043, 2.42876627e-6, 2.42873499e-9],
    rescaled: [0.999958754, 0.492264807, 2.27781311e-6, 0],
  },
  sigmoid: {
    plain: [0.99985081, 0.298887581, 4.04896236e-5, 3.96818214e-5],
    rescaled: [0.99985075, 0.295754164, 4.12152401e-9, 0],
  },
  laplace: {
    plain: [0.978846252, 0.707283437, 0.207026601, 0.0316227749],
    rescaled: [0.978846252, 0.653657377, 0.1141828, 0],
  },
  exp: {
    plain: [0.98807174, 0.00244921818, 6.21855543e-6, 6.14437886e-6],
    rescaled: [0.98807168, 0.00222107721, 2.23637581e-10, 0],
  },
};

describe.each(Object.entries(expected) as [BetaSchedule, (typeof expected)["exp"]][])(
  "%s",
  (betaSchedule, { plain, rescaled }) => {
    const at = (alphas: Float32Array) => [0, 500, 998, 999].map((index) => alphas[index]);

    it("has the numbers of diffusers, bit for bit", () => {
      expect(at(cumulativeAlphas(createBetas({ ...defaults, betaSchedule })))).toEqual(
        plain.map(Math.fround),
      );
    });

    it("ends at 0 where it is rescaled", () => {
      const betas = createBetas({ ...defaults, betaSchedule, rescaleBetasZeroSnr: true });
      // torch's square root is at times a unit in the last place beside the nearest number.
      for (const [index, alpha] of at(cumulativeAlphas(betas)).entries()) {
        expect(Math.abs(Number(alpha) - Number(rescaled[index]))).toBeLessThan(
          1e-6 * Number(rescaled[index]) + 1e-30,
        );
      }
    });
  },
);

it("takes trained betas as they are", () => {
  const betas = createBetas({
    ...defaults,
    numTrainTimesteps: 2,
    betaSchedule: "linear",
    trainedBetas: [0.1, 0.3],
  });
  expect(betas).toEqual(Float32Array.of(0.1, 0.3));
});

it("gives a single beta", () => {
  expect(createBetas({ ...defaults, numTrainTimesteps: 1, betaSchedule: "linear" })).toEqual(
    Float32Array.of(0.0001),
  );
});
