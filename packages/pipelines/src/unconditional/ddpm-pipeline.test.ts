import { InvalidArgumentError, TorchGenerator } from "@onestep/core";
import { unet2DModelConfigSchema } from "@onestep/models";
import { CMStochasticIterativeScheduler, DDIMScheduler, EDMEulerScheduler } from "@onestep/schedulers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { drawWeights } from "../__fixtures__/draw-weights.ts";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { ConsistencyModelPipeline } from "./consistency-model-pipeline.ts";
import { DDIMPipeline } from "./ddim-pipeline.ts";
import { DDPMPipeline } from "./ddpm-pipeline.ts";

const checkpoint = savedCheckpoint("ddpm");
const short = { seed: 0, numInferenceSteps: 3, outputType: "tensor" } as const;

const place = pipelinePlace();
let pipe: DDPMPipeline;

beforeAll(async () => {
  pipe = await DDPMPipeline.fromPretrained(checkpoint, { threads: 1 });
});
afterAll(() => pipe.dispose());

describe("DDPMPipeline", () => {
  it("makes with DDIMScheduler what DDIMPipeline makes", async () => {
    const ddim = new DDIMPipeline(pipe.components);
    const swapped = new DDPMPipeline({
      ...pipe.components,
      scheduler: DDIMScheduler.fromConfig(pipe.scheduler.config),
    });
    const { images } = await ddim.generate(short);
    expect((await swapped.generate(short)).images).toEqual(images);
    expect((await pipe.generate(short)).images).not.toEqual(images);
  });

  it("takes timesteps, tells of each, and stops once aborted", async () => {
    const stop = new AbortController();
    const timesteps: number[] = [];
    const generating = pipe.generate({
      timesteps: [999, 400, 20],
      signal: stop.signal,
      onStepEnd: ({ step, totalSteps, timestep }) => {
        expect(totalSteps).toBe(3);
        timesteps.push(timestep);
        if (step === 1) stop.abort(new Error("enough"));
      },
    });
    await expect(generating).rejects.toThrow("enough");
    expect(timesteps).toEqual([999, 400]);
  });

  it("starts from given latents", async () => {
    const generator = new TorchGenerator(0);
    const latents = generator.randn([1, 3, 16, 16]);
    const { images } = await pipe.generate({ ...short, seed: undefined, latents, generator });
    expect(images).toEqual((await pipe.generate(short)).images);
  });

  it.each<[string, object, RegExp]>([
    ["labels", { classLabels: 1 }, /classLabels: found 1 for a model without classes/],
    ["more steps than training had", { numInferenceSteps: 1001 }, /1001.* 1000|1000.* 1001/],
    ["timesteps in ascending order", { timesteps: [0, 999] }, /timesteps/],
  ])("refuses %s before any work", async (_what, options, message) => {
    const forward = vi.spyOn(pipe.unet, "forward");
    const error = await pipe.generate(options).catch((reason) => reason);
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect(forward).not.toHaveBeenCalled();
  });
});

it("a DDPM with classes makes what its labels say, and draws those that are not given", async () => {
  const unet = unet2DModelConfigSchema.fromOptions({
    sampleSize: 8,
    layersPerBlock: 1,
    blockOutChannels: [32],
    downBlockTypes: ["DownBlock2D"],
    upBlockTypes: ["UpBlock2D"],
    numClassEmbeds: 5,
  });
  const scheduler = { _class_name: "DDPMScheduler", prediction_type: "v_prediction" };
  const model = await place({ className: "DDPMPipeline", unet, scheduler, fill: drawWeights() });
  await using labelled = await DDPMPipeline.fromPretrained(model, { threads: 1 });
  const generator = new TorchGenerator(2);
  generator.randn([1, 3, 8, 8]);
  const drawn = Number(generator.randint(0, 5, [1]).data[0]);
  const one = await labelled.generate({ ...short, numInferenceSteps: 1, seed: 2 });
  const same = await labelled.generate({ ...short, numInferenceSteps: 1, seed: 2, classLabels: drawn });
  const other = await labelled.generate({
    ...short,
    numInferenceSteps: 1,
    seed: 2,
    classLabels: (drawn + 1) % 5,
  });
  expect(same.images).toEqual(one.images);
  expect(other.images).not.toEqual(one.images);
});

describe("a scheduler that does not fit the model", () => {
  it("is warned of once, when images are made with it", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const other = new DDPMPipeline(pipe.components);
    await other.generate(short);
    other.scheduler = new EDMEulerScheduler();
    expect(warning).not.toHaveBeenCalled();
    await other.generate(short);
    await other.generate(short);
    expect(warning.mock.calls).toEqual([
      [
        expect.stringMatching(
          /EDMEulerScheduler does not fit the model of this DDPMPipeline: it undoes noise levels/,
        ),
      ],
    ]);
    other.scheduler = pipe.scheduler;
    await other.generate(short);
    expect(warning).toHaveBeenCalledOnce();
  });

  it("may be the one that a consistency model is given", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const scheduler = new CMStochasticIterativeScheduler();
    const other = new ConsistencyModelPipeline({ ...pipe.components, scheduler });
    other.scheduler = DDIMScheduler.fromConfig(scheduler.config);
    await other.generate(short);
    expect(warning.mock.calls).toEqual([
      [expect.stringContaining("DDIMScheduler does not fit the model of this ConsistencyModelPipeline")],
    ]);
  });
});
