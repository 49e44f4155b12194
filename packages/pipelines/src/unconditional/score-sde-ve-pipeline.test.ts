import { InvalidArgumentError } from "@onestep/core";
import { unet2DModelConfigSchema } from "@onestep/models";
import { DDPMScheduler } from "@onestep/schedulers";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { drawWeights } from "../__fixtures__/draw-weights.ts";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import { ScoreSdeVePipeline } from "./score-sde-ve-pipeline.ts";

const place = pipelinePlace();
let pipe: ScoreSdeVePipeline;

beforeAll(async () => {
  const unet = unet2DModelConfigSchema.fromOptions({
    sampleSize: [8, 4],
    layersPerBlock: 1,
    blockOutChannels: [32],
    downBlockTypes: ["SkipDownBlock2D"],
    upBlockTypes: ["SkipUpBlock2D"],
    timeEmbeddingType: "fourier",
    normNumGroups: null,
  });
  const scheduler = { _class_name: "ScoreSdeVeScheduler", sigma_max: 2, correct_steps: 2 };
  const written = await place({ className: "ScoreSdeVePipeline", unet, scheduler, fill: drawWeights() });
  pipe = await ScoreSdeVePipeline.fromPretrained(written, { threads: 1 });
});
afterAll(() => pipe.dispose());

it("evaluates the model for each correction and for the prediction, at the noise level of the step", async () => {
  const forward = vi.spyOn(pipe.unet, "forward");
  const seen: number[] = [];
  const { images } = await pipe.generate({
    numInferenceSteps: 3,
    seed: 0,
    onStepEnd: ({ timestep }) => void seen.push(timestep),
  });
  expect(images.map(({ width, height }) => [width, height])).toEqual([[4, 8]]);
  const scheduler = pipe.scheduler.clone();
  scheduler.setTimesteps({ numInferenceSteps: 3 });
  expect(seen).toEqual([...scheduler.timesteps]);
  const levels = [...(scheduler.sigmas ?? [])].flatMap((sigma) => [sigma, sigma, sigma]);
  expect(forward.mock.calls.map(([{ timestep }]) => timestep)).toEqual(levels);
});

it("refuses a scheduler that cannot correct, before any work, and says that it does not fit", async () => {
  const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const other = new ScoreSdeVePipeline(pipe.components);
  other.scheduler = new DDPMScheduler();
  const forward = vi.spyOn(pipe.unet, "forward");
  const error = await other.generate({ numInferenceSteps: 2 }).catch((reason) => reason);
  expect(InvalidArgumentError.isInstance(error)).toBe(true);
  expect(error.message).toMatch(
    /^scheduler of ScoreSdeVePipeline: found a DDPMScheduler, expected a ScoreSdeVe/,
  );
  expect(forward).not.toHaveBeenCalled();
  expect(warning).toHaveBeenCalledOnce();
});
