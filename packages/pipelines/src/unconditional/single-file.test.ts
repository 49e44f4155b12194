import { CMStochasticIterativeScheduler, EDMHeunScheduler } from "@onestep/schedulers";
import { expect, it } from "vitest";
import { schedulerForFile } from "./scheduler-for-file.ts";

it.each([
  ["models/cd_bedroom256_l2.pt", 40],
  ["cd_tiny_l2.pt", 40],
  ["https://host/ct_imagenet64.pt?download=true", 201],
  [new URL("https://host/consistency/ct_cat256.pt"), 151],
  ["C:\\models\\ct_bedroom256.pt", 151],
])("for %s it has the grid of %i timesteps", (source, numTrainTimesteps) => {
  const scheduler = schedulerForFile(source);
  expect(scheduler).toBeInstanceOf(CMStochasticIterativeScheduler);
  expect(scheduler.config).toMatchObject({ numTrainTimesteps, sigmaMin: 0.002, sigmaMax: 80 });
});

it("has Heun's method for a diffusion model, with the timesteps that its UNet expects", () => {
  const scheduler = schedulerForFile("models/edm_imagenet64_ema.pt");
  expect(scheduler).toBeInstanceOf(EDMHeunScheduler);
  scheduler.setTimesteps({ numInferenceSteps: 40 });
  // 250 ln 80 (cm/karras_diffusion.py, `denoise`)
  expect(scheduler.timesteps[0]).toBeCloseTo(1095.5066, 3);
});
