import { InvalidArgumentError } from "@onestep/core";
import { CMStochasticIterativeScheduler, EDMEulerScheduler, EDMHeunScheduler } from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import { cdTinyFile } from "../__fixtures__/saved-checkpoint.ts";
import { ConsistencyModelPipeline } from "./consistency-model-pipeline.ts";
import { schedulerForFile } from "./single-file.ts";

const flags = { sampleSize: 16, attentionHeadDim: 16 };

describe("ConsistencyModelPipeline.fromSingleFile", () => {
  it("samples with the scheduler that the name tells", async () => {
    await using pipe = await ConsistencyModelPipeline.fromSingleFile(cdTinyFile, flags);
    expect(pipe.scheduler).toBeInstanceOf(CMStochasticIterativeScheduler);
    expect(pipe.scheduler.config).toMatchObject({ numTrainTimesteps: 40, sigmaMin: 0.002, sigmaMax: 80 });
    const { images } = await pipe.generate({ classLabels: [1, 2], timesteps: [22, 0], seed: 0 });
    expect(images.map(({ width, height }) => [width, height])).toEqual([
      [16, 16],
      [16, 16],
    ]);
  });

  it("takes the scheduler that is given", async () => {
    const scheduler = new EDMEulerScheduler();
    await using pipe = await ConsistencyModelPipeline.fromSingleFile(cdTinyFile, { ...flags, scheduler });
    expect(pipe.scheduler).toBe(scheduler);
  });

  // Nothing is at these places: the name is enough.
  it.each([
    ["/none/model.pt", 'no scheduler, and the name "model.pt"'],
    ["https://host/ct_tiny.pt?signature=cd", 'no scheduler, and the name "ct_tiny.pt"'],
    [new URL("file:///none/cd/model.pt"), 'no scheduler, and the name "model.pt"'],
    [new File([], "model.pt"), 'no scheduler, and the name "model.pt"'],
  ])("asks for a scheduler for %s", async (source, message) => {
    const error = await ConsistencyModelPipeline.fromSingleFile(source).catch((reason: unknown) => reason);
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain(message);
  });
});

describe("the scheduler of a file", () => {
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
});
