import { InvalidArgumentError } from "@onestep/core";
import { CMStochasticIterativeScheduler, EDMEulerScheduler } from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import { cdTinyFile } from "../__fixtures__/saved-checkpoint.ts";
import { ConsistencyModelPipeline } from "./consistency-model-pipeline.ts";

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
