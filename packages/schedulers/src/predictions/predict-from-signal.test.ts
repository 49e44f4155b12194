import { Tensor } from "@onestep/core";
import { expect, it } from "vitest";
import { signalAndNoise } from "../sigmas/signal-and-noise.ts";
import { noiseFromSignal, originalFromSignal, type SolverPredictionType } from "./predict-from-signal.ts";

const sigma = 0.75;
const original = Tensor.from([0.5, -1, 2], [1, 3]);
const noise = Tensor.from([1, 0.25, -0.5], [1, 3]);

it.each<[SolverPredictionType, boolean]>([
  ["epsilon", false],
  ["sample", false],
  ["v_prediction", false],
  ["flow_prediction", true],
])("finds the clean sample and the noise again in a model's %s", (predictionType, isFlow) => {
  const at = signalAndNoise(sigma, isFlow);
  const sample = original.mul(at.signal).add(noise.mul(at.noise));
  const outputs = {
    epsilon: noise,
    sample: original,
    v_prediction: noise.mul(at.signal).sub(original.mul(at.noise)),
    flow_prediction: noise.sub(original),
  };
  const modelOutput = outputs[predictionType];
  const found = originalFromSignal(predictionType, sample, modelOutput, at, sigma);
  const foundNoise = noiseFromSignal(predictionType, sample, modelOutput, at, sigma);
  for (let index = 0; index < 3; index += 1) {
    expect(found.data[index]).toBeCloseTo(Number(original.data[index]), 5);
    expect(foundNoise.data[index]).toBeCloseTo(Number(noise.data[index]), 5);
  }
});
