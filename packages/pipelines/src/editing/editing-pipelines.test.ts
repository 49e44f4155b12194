import { InvalidArgumentError, OnestepError, RasterImage, Tensor, TorchGenerator } from "@onestep/core";
import { EDMEulerScheduler } from "@onestep/schedulers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { zeroPipeline } from "../__fixtures__/zero-pipeline.ts";
import { ConsistencyModelPipeline } from "../unconditional/consistency-model-pipeline.ts";
import { testImage } from "./__fixtures__/test-image.ts";
import { ConsistencyModelColorizationPipeline } from "./consistency-model-colorization-pipeline.ts";
import { ConsistencyModelDenoisingPipeline } from "./consistency-model-denoising-pipeline.ts";
import { ConsistencyModelImg2ImgPipeline } from "./consistency-model-img2img-pipeline.ts";
import { ConsistencyModelInpaintPipeline } from "./consistency-model-inpaint-pipeline.ts";
import { ConsistencyModelSuperResolutionPipeline } from "./consistency-model-super-resolution-pipeline.ts";

// A model of ten classes and 16 x 16 pixels that diffusers saved.
const checkpoint = savedCheckpoint("cm-safetensors");
const image = testImage(16, 16);
const mask = testImage(16, 16, 1, 1);
const small = testImage(4, 4);

let pipe: ConsistencyModelPipeline;
const place = pipelinePlace();

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint);
});
afterAll(() => pipe.dispose());

/** Every pipeline that edits one image, with options that suit it. */
const edits = [
  {
    name: "ConsistencyModelInpaintPipeline",
    oneStep: { numInferenceSteps: 1 },
    generate: (options: object) =>
      ConsistencyModelInpaintPipeline.fromPipe(pipe).generate({ image, mask, ...options }),
  },
  {
    name: "ConsistencyModelColorizationPipeline",
    oneStep: { numInferenceSteps: 1 },
    generate: (options: object) =>
      ConsistencyModelColorizationPipeline.fromPipe(pipe).generate({ image, ...options }),
  },
  {
    name: "ConsistencyModelSuperResolutionPipeline",
    oneStep: { numInferenceSteps: 1 },
    generate: (options: object) =>
      ConsistencyModelSuperResolutionPipeline.fromPipe(pipe).generate({ image: small, ...options }),
  },
  {
    name: "ConsistencyModelImg2ImgPipeline",
    oneStep: { numInferenceSteps: 1, strength: 1 },
    generate: (options: object) =>
      ConsistencyModelImg2ImgPipeline.fromPipe(pipe).generate({ image, ...options }),
  },
  {
    name: "ConsistencyModelDenoisingPipeline",
    oneStep: {},
    generate: (options: object) =>
      ConsistencyModelDenoisingPipeline.fromPipe(pipe).generate({ image, sigma: 0.5, ...options }),
  },
];

async function failure(promise: Promise<unknown>): Promise<OnestepError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (OnestepError.isInstance(error)) return error;
  throw new Error(`no typed error: ${String(error)}`);
}

describe.each(edits)("$name", ({ generate, name, oneStep }) => {
  it("makes the same of the same seed, and something else of another", async () => {
    const options = { classLabels: 3, outputType: "tensor" };
    const [first, again, other] = [
      await generate({ ...options, seed: 5 }),
      await generate({ ...options, seed: 5 }),
      await generate({ ...options, seed: 6 }),
    ];
    expect(again).toEqual(first);
    // Denoising draws no noise: with the class given, the seed changes nothing.
    const isSame = (other.images as unknown as Tensor<"float32">).data.every(
      (value, index) => value === (first.images as unknown as Tensor<"float32">).data[index],
    );
    expect(isSame).toBe(name === "ConsistencyModelDenoisingPipeline");
  });

  it("makes an image for each label, of one image", async () => {
    const { images } = await generate({ classLabels: [1, 2, 3], seed: 0 });
    expect(images.map(({ width, height, channels }) => [width, height, channels])).toEqual(
      new Array(3).fill([16, 16, 3]),
    );
    expect(images[0]?.data).not.toEqual(images[1]?.data);
  });

  it("gives each image of a batch what its generator gives it alone", async () => {
    const generator = [5, 6].map((seed) => new TorchGenerator(seed));
    const together = await generate({ classLabels: [1, 2], generator });
    const alone = await generate({ classLabels: 2, seed: 6 });
    // The model adds up in another order in a batch, which may round a pixel the other way.
    const difference = together.images[1]?.data.map((value, index) =>
      Math.abs(value - (alone.images[0]?.data[index] ?? 0)),
    );
    expect(Math.max(...(difference ?? [255]))).toBeLessThanOrEqual(1);
  });

  it("tells of each step", async () => {
    const steps: number[] = [];
    const onStepEnd = ({ step, totalSteps }: { step: number; totalSteps: number }): void => {
      steps.push(step, totalSteps);
    };
    await generate({ classLabels: 0, seed: 0, onStepEnd, ...oneStep });
    expect(steps).toEqual([0, 1]);
  });

  it("stops where it is told to", async () => {
    const controller = new AbortController();
    const onStepEnd = (): void => controller.abort();
    await expect(generate({ classLabels: 0, signal: controller.signal, onStepEnd })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  it.each<[what: string, options: object, message: RegExp]>([
    ["an unknown output type", { outputType: "pil" }, /outputType: found "pil"/],
    ["a label that the model does not know", { classLabels: 10 }, /classLabels: found 10/],
    [
      "two images for a batch of three",
      { image: [image, image], batchSize: 3 },
      /image: found 2 images for a batch of 3/,
    ],
    ["no image", { image: undefined }, /image: found undefined, expected a RasterImage/],
    ["a path", { image: "photo.png" }, /image: found string, expected a RasterImage/],
    ["an empty list of images", { image: [] }, /image: found an empty list/],
    [
      "a tensor of three dimensions",
      { image: Tensor.zeros([3, 16, 16]) },
      /image: found float32 \[3, 16, 16\]/,
    ],
    ["no pixels", { image: Tensor.zeros([1, 3, 0, 16]) }, /image: found float32 \[1, 3, 0, 16\]/],
    ["two channels", { image: Tensor.zeros([1, 2, 4, 4]) }, /image 0: found 2 channels, expected 3/],
    ["four channels", { image: Tensor.zeros([1, 4, 4, 4]) }, /image 0: found 4 channels/],
    [
      "a pixel that is no number",
      { image: Tensor.from([...new Array<number>(767).fill(0), Number.NaN], [1, 3, 16, 16]) },
      /image: found NaN as element 767 of float32 \[1, 3, 16, 16\]/,
    ],
    [
      "a pixel that is infinite",
      { image: Tensor.from([Number.POSITIVE_INFINITY, 0, 0], [1, 3, 1, 1]) },
      /image: found Infinity as element 0/,
    ],
    [
      "a scheduler that it cannot edit with",
      { swap: EDMEulerScheduler },
      /scheduler: found EDMEulerScheduler, expected CMStochasticIterativeScheduler/,
    ],
  ])("refuses %s, before any work", async (_what, options, message) => {
    const forward = vi.spyOn(pipe.unet, "forward");
    const original = pipe.scheduler;
    const { swap, ...given } = options as { readonly swap?: unknown };
    if (swap !== undefined) pipe.scheduler = EDMEulerScheduler.fromConfig(original.config);
    try {
      const error = await failure(generate({ classLabels: 0, ...given }));
      expect(error.message).toMatch(message);
    } finally {
      pipe.scheduler = original;
    }
    expect(forward).not.toHaveBeenCalled();
  });
});

describe("fromPipe and fromPretrained of a pipeline that edits", () => {
  it("shares the model, and leaves it to the pipeline that loaded it", async () => {
    const loaded = await ConsistencyModelPipeline.fromPretrained(checkpoint);
    const inpaint = ConsistencyModelInpaintPipeline.fromPipe(loaded);
    expect(inpaint.unet).toBe(loaded.unet);
    expect(inpaint.scheduler).toBe(loaded.scheduler);
    await inpaint.dispose();
    expect((await loaded.generate({ classLabels: 1 })).images).toHaveLength(1);
    await loaded.dispose();
    const error = await failure(inpaint.generate({ image, mask, classLabels: 1 }));
    expect(error.code).toBe("disposed");
  });

  it("loads a model of its own, which it frees", async () => {
    const inpaint = await ConsistencyModelInpaintPipeline.fromPretrained(checkpoint);
    await inpaint.dispose();
    await expect(inpaint.generate({ image, mask, classLabels: 1 })).rejects.toThrow();
  });

  it("runs without classes, on a model that has none", async () => {
    await using zero = await ConsistencyModelInpaintPipeline.fromPretrained(await place(zeroPipeline()));
    const white = new RasterImage({
      width: 32,
      height: 32,
      channels: 1,
      data: new Uint8Array(1024).fill(255),
    });
    const known = testImage(32, 32);
    const { images } = await zero.generate({ image: known, mask: white, timesteps: [0], seed: 0 });
    // A model that predicts zero makes grey, 0.5, of noise: c_skip is 4e-5 there.
    expect(images[0]?.data.every((value) => value > 120 && value < 135)).toBe(true);
    const refused = zero.generate({ image: known, mask: white, classLabels: 1 });
    expect(InvalidArgumentError.isInstance(await failure(refused))).toBe(true);
  });
});
