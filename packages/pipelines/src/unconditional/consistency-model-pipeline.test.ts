import { InvalidArgumentError, type RasterImage, Tensor, TorchGenerator } from "@onestep/core";
import emoji32 from "@onestep/emoji32/reference-outputs.json" with { type: "json" };
import {
  CMStochasticIterativeScheduler,
  EDMDDIMScheduler,
  EDMDPM2Scheduler,
  EDMDPMSolverMultistepScheduler,
  EDMEulerAncestralScheduler,
  EDMEulerScheduler,
  EDMHeunScheduler,
  type SchedulerClass,
} from "@onestep/schedulers";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { channelsLast, expectRecorded, expectReference } from "../__fixtures__/expect-reference.ts";
import type { PipelineToWrite } from "../__fixtures__/pipeline-files.ts";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import reference from "../__fixtures__/reference-outputs.json" with { type: "json" };
import { emoji32Folder, savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { zeroPipeline } from "../__fixtures__/zero-pipeline.ts";
import type { StepEndEvent } from "../sampling/generate-options.ts";
import {
  type ConsistencyModelGenerateOptions,
  ConsistencyModelPipeline,
} from "./consistency-model-pipeline.ts";

const checkpoint = savedCheckpoint("cm-safetensors");

describe("ConsistencyModelPipeline on a checkpoint that diffusers saved", () => {
  let pipe: ConsistencyModelPipeline;

  beforeAll(async () => {
    pipe = await ConsistencyModelPipeline.fromPretrained(checkpoint);
  });
  afterAll(() => pipe.dispose());
  afterEach(() => vi.restoreAllMocks());

  it("makes PyTorch's image in one step", async () => {
    const { images } = await pipe.generate({ classLabels: 1, seed: 0, outputType: "tensor" });
    expectReference(images, reference["cm-safetensors"].onestep);
  });

  it("makes PyTorch's image in two steps", async () => {
    const generator = new TorchGenerator(0);
    const { images } = await pipe.generate({
      classLabels: 1,
      timesteps: [22, 0],
      generator,
      outputType: "tensor",
    });
    expectReference(images, reference["cm-safetensors"].multistep_22_0);
  });

  it("makes PyTorch's batch of three, each with its own generator, in four steps", async () => {
    const { images } = await pipe.generate({
      batchSize: 3,
      classLabels: [1, 2, 3],
      numInferenceSteps: 4,
      generator: [0, 1, 2].map((seed) => new TorchGenerator(seed)),
      outputType: "tensor",
    });
    expectReference(images, reference["cm-safetensors"].steps4_batch3);
  });

  it("gives each image of a batch what its generator gives it alone", async () => {
    const options = { timesteps: [22, 0], outputType: "tensor" } as const;
    const generator = [5, 6, 7].map((seed) => new TorchGenerator(seed));
    const batch = await pipe.generate({ ...options, classLabels: [1, 2, 3], generator });
    const alone = await pipe.generate({ ...options, classLabels: 2, seed: 6 });
    const difference = batch.images.slice(1, 2).sub(alone.images).data.map(Math.abs);
    expect(Math.max(...difference)).toBeLessThan(1e-5);
  });

  it("rounds pixels as diffusers does, half to even", async () => {
    const tensor = await pipe.generate({ classLabels: 1, seed: 0, outputType: "tensor" });
    const { images } = await pipe.generate({ classLabels: 1, seed: 0 });
    expect(images).toHaveLength(1);
    const [image] = images as [RasterImage];
    expect([image.width, image.height, image.channels]).toEqual([16, 16, 3]);
    const expected = channelsLast(tensor.images).map((value) => Math.round(Math.fround(value * 255)));
    expect([...image.data]).toEqual(expected);
  });

  it("starts from given latents, of variance 1", async () => {
    const latents = new TorchGenerator(0).randn([1, 3, 16, 16]);
    const { images } = await pipe.generate({ classLabels: 1, latents, outputType: "tensor" });
    expectReference(images, reference["cm-safetensors"].onestep);
  });

  it("draws labels that are not given from the generator, after the latents", async () => {
    const generator = new TorchGenerator(11);
    generator.randn([1, 3, 16, 16]);
    const drawn = Number(generator.randint(0, 10, [1]).data[0]);
    const unlabelled = await pipe.generate({ seed: 11, outputType: "tensor" });
    const labelled = await pipe.generate({ seed: 11, classLabels: drawn, outputType: "tensor" });
    expect(unlabelled.images.data).toEqual(labelled.images.data);
    const again = await pipe.generate({ seed: 11, outputType: "tensor" });
    expect(again.images.data).toEqual(unlabelled.images.data);
  });

  it("makes other images each time without a seed", async () => {
    const [first, second] = [
      await pipe.generate({ classLabels: 1 }),
      await pipe.generate({ classLabels: 1 }),
    ];
    expect(first.images[0]?.data).not.toEqual(second.images[0]?.data);
  });

  it("makes as many images as there are labels, generators or latents", async () => {
    const count = async (options: ConsistencyModelGenerateOptions): Promise<number> =>
      (await pipe.generate({ ...options, outputType: "image" })).images.length;
    expect(await count({ classLabels: [1, 2, 3], seed: 0 })).toBe(3);
    expect(await count({ classLabels: 1, generator: [new TorchGenerator(0), new TorchGenerator(1)] })).toBe(
      2,
    );
    expect(await count({ classLabels: 1, latents: Tensor.zeros([2, 3, 16, 16]) })).toBe(2);
    expect(await count({ batchSize: 2, classLabels: 1 })).toBe(2);
  });

  it("tells of each step, waits for the listener, and reports progress", async () => {
    const steps: string[] = [];
    await pipe.generate({
      classLabels: 1,
      timesteps: [22, 0],
      seed: 0,
      onStepEnd: async ({ step, totalSteps, timestep, sample }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        steps.push(`${step}/${totalSteps} at ${timestep.toFixed(2)}: ${sample.shape.join("x")}`);
      },
      onProgress: (event) => steps.push(event.type === "step-end" ? `progress ${event.step}` : event.type),
    });
    expect(steps).toEqual([
      "progress 0",
      "0/2 at 1095.51: 1x3x16x16",
      "progress 1",
      "1/2 at 80.95: 1x3x16x16",
    ]);
  });

  it("gives each step's prediction: that of the first step is the image of one step", async () => {
    const predictions: number[][] = [];
    const onStepEnd = ({ predOriginalSample }: StepEndEvent): void => {
      predictions.push(Array.from(predOriginalSample?.data ?? []));
    };
    const options = { classLabels: 1, seed: 0, outputType: "tensor" } as const;
    const { images: first } = await pipe.generate({ ...options, timesteps: [0] });
    const { images: last } = await pipe.generate({ ...options, timesteps: [22, 0], onStepEnd });
    const pixels = predictions.map((values) =>
      values.map((value) => Math.min(1, Math.max(0, value / 2 + 0.5))),
    );
    expect(pixels).toHaveLength(2);
    for (const [step, images] of [first, last].entries()) {
      images.data.forEach((value, index) => {
        expect(Math.abs(value - (pixels[step]?.[index] ?? Number.NaN))).toBeLessThan(1e-5);
      });
    }
  });

  it("stops at the next step once aborted", async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const running = pipe.generate({
      classLabels: 1,
      numInferenceSteps: 10,
      signal: controller.signal,
      onStepEnd: ({ step }) => {
        steps.push(step);
        if (step === 1) controller.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(steps).toEqual([0, 1]);
    const { images } = await pipe.generate({ classLabels: 1, seed: 0, outputType: "tensor" });
    expectReference(images, reference["cm-safetensors"].onestep);
  });

  it("serves calls that overlap, each with its own result", async () => {
    const options = { classLabels: 1, outputType: "tensor" } as const;
    const [one, two] = await Promise.all([
      pipe.generate({ ...options, seed: 0 }),
      pipe.generate({ ...options, seed: 0, timesteps: [22, 0] }),
    ]);
    expectReference(one.images, reference["cm-safetensors"].onestep);
    expectReference(two.images, reference["cm-safetensors"].multistep_22_0);
  });

  it.each([
    EDMEulerScheduler,
    EDMHeunScheduler,
    EDMDPM2Scheduler,
    EDMEulerAncestralScheduler,
    EDMDDIMScheduler,
    EDMDPMSolverMultistepScheduler,
  ])("takes another scheduler, by assignment: $className", async (schedulerClass: SchedulerClass) => {
    const original = pipe.scheduler;
    pipe.scheduler = schedulerClass.fromConfig(original.config);
    try {
      const options = { classLabels: 1, seed: 0, numInferenceSteps: 4, outputType: "tensor" } as const;
      const { images } = await pipe.generate(options);
      expect(images.data.every(Number.isFinite)).toBe(true);
      expect((await pipe.generate(options)).images.data).toEqual(images.data);
    } finally {
      pipe.scheduler = original;
    }
    expect(CMStochasticIterativeScheduler.fromConfig(pipe.scheduler.config).config).toEqual(original.config);
  });

  it("warns once of one that was made by itself, since the model does not see its timesteps", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const original = pipe.scheduler;
    const given = new ConsistencyModelPipeline({ unet: pipe.unet, scheduler: new EDMEulerScheduler() });
    pipe.scheduler = new EDMHeunScheduler();
    try {
      for (const one of [pipe, pipe, given]) await one.generate({ classLabels: 1, numInferenceSteps: 1 });
    } finally {
      pipe.scheduler = original;
    }
    const words = (className: string) => [
      expect.stringContaining(
        `${className} does not fit the model of this ConsistencyModelPipeline: it has timestepScale 1, where`,
      ),
    ];
    expect(warning.mock.calls).toEqual([words("EDMHeunScheduler"), words("EDMEulerScheduler")]);
  });

  it("adds noise for the model from the generator of the call, where a scheduler is to", async () => {
    const original = pipe.scheduler;
    pipe.scheduler = EDMHeunScheduler.fromConfig(original.config, { sChurn: 5 });
    try {
      const options = { classLabels: 1, numInferenceSteps: 4, outputType: "tensor" } as const;
      const [one, same, other] = [
        await pipe.generate({ ...options, seed: 0 }),
        await pipe.generate({ ...options, seed: 0 }),
        await pipe.generate({ ...options, seed: 1 }),
      ];
      expect(same?.images.data).toEqual(one?.images.data);
      expect(other?.images.data).not.toEqual(one?.images.data);
    } finally {
      pipe.scheduler = original;
    }
  });

  it("uses `timesteps` over `numInferenceSteps`, with a warning", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const options = {
      classLabels: 1,
      timesteps: [22, 0],
      numInferenceSteps: 1,
      seed: 0,
      outputType: "tensor",
    } as const;
    const { images } = await pipe.generate(options);
    expectReference(images, reference["cm-safetensors"].multistep_22_0);
    expect(warning).toHaveBeenCalledOnce();
    expect(warning.mock.calls[0]?.[0]).toContain("`timesteps` will be used over `numInferenceSteps`");
  });

  it.each<[string, object, RegExp]>([
    ["a label out of range", { classLabels: 10 }, /classLabels: found 10, expected an integer from 0 to 9/],
    ["a negative label", { classLabels: [-1] }, /classLabels: found -1/],
    ["a fraction as label", { classLabels: 1.5 }, /classLabels: found 1.5/],
    [
      "fewer labels than images",
      { classLabels: [1, 2], batchSize: 3 },
      /classLabels: found 2 labels, expected 1 for all images, or 3/,
    ],
    [
      "an unknown output type",
      { outputType: "pil" },
      /outputType: found "pil", expected "image" or "tensor"/,
    ],
    ["a batch of none", { batchSize: 0 }, /batchSize: found 0, expected a whole number from 1 to 65536/],
    ["a batch beyond all memory", { batchSize: 1e9 }, /batchSize: found 1000000000/],
    ["a batch of a half", { batchSize: 1.5 }, /batchSize: found 1.5/],
    [
      "latents of another shape",
      { latents: Tensor.zeros([1, 3, 8, 8]) },
      /^The shape of latents is \[1, 3, 8, 8\] .* but is expected to be \[1, 3, 16, 16\]/,
    ],
    [
      "latents of another batch",
      { latents: Tensor.zeros([2, 3, 16, 16]), batchSize: 1 },
      /expected to be \[1, 3, 16, 16\]/,
    ],
    [
      "too few generators",
      { generator: [new TorchGenerator(0)], batchSize: 2 },
      /^You have passed a list of generators of length 1, but requested an effective batch size of 2\. Make sure/,
    ],
    [
      "a seed and a generator",
      { seed: 1, generator: new TorchGenerator(0) },
      /`generator` and `seed` cannot be used together/,
    ],
    ["timesteps in ascending order", { timesteps: [0, 22] }, /^`timesteps` must be in descending order\./],
    [
      "timesteps beyond the grid",
      { timesteps: [40] },
      /^`timesteps` must start before `numTrainTimesteps`: 40\./,
    ],
    ["no timesteps", { timesteps: [] }, /timesteps/],
    [
      "more steps than the grid",
      { numInferenceSteps: 41 },
      /^`numInferenceSteps`: 41 cannot be larger than `numTrainTimesteps`: 40/,
    ],
    ["no steps", { numInferenceSteps: 0 }, /num_?[iI]nference_?[sS]teps/],
  ])("refuses %s before any work", async (_what, options, message) => {
    const forward = vi.spyOn(pipe.unet, "forward");
    const generating = pipe.generate(options as ConsistencyModelGenerateOptions);
    const error = await generating.catch((reason) => reason);
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect(forward).not.toHaveBeenCalled();
  });
});

// The models of diffusers' own pipeline tests predict zero everywhere: their last convolution was never trained. These
// are the values that those tests assert (tests/pipelines/consistency_models), with their tolerance of 1e-3.
describe("ConsistencyModelPipeline on a model that predicts zero", () => {
  const place = pipelinePlace();
  const unconditional = zeroPipeline();
  const classConditional = zeroPipeline({ numClassEmbeds: 10 });

  const oneStep = [0.5004, 0.5004, 0.4994, 0.5008, 0.4976, 0.5018, 0.499, 0.4982, 0.4987];
  const twoSteps = [0.3572, 0.6273, 0.4031, 0.3961, 0.4321, 0.573, 0.5266, 0.478, 0.5004];

  it.each<[string, PipelineToWrite, ConsistencyModelGenerateOptions, readonly number[]]>([
    ["unconditional", unconditional, {}, oneStep],
    ["unconditional, two steps", unconditional, { timesteps: [22, 0] }, twoSteps],
    ["class-conditional", classConditional, { classLabels: 0 }, oneStep],
    ["class-conditional, two steps", classConditional, { classLabels: 0, timesteps: [22, 0] }, twoSteps],
  ])("makes the pixels that diffusers' tests expect: %s", async (_name, pipeline, options, expected) => {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(await place(pipeline));
    const { images } = await pipe.generate({ ...options, seed: 0, outputType: "tensor" });
    const slice = [29, 30, 31].flatMap((row) =>
      [29, 30, 31].map((column) => images.data[2 * 1024 + row * 32 + column]),
    );
    slice.forEach((value, index) => {
      expect(Math.abs((value as number) - (expected[index] as number))).toBeLessThan(1e-3);
    });
  });

  it("refuses labels for a model without classes, which diffusers drops without a word", async () => {
    await using pipe = await ConsistencyModelPipeline.fromPretrained(await place(unconditional));
    await expect(pipe.generate({ classLabels: 1 })).rejects.toThrow(/found 1 for a model without classes/);
  });
});

describe("ConsistencyModelPipeline on the bundled checkpoint", () => {
  let pipe: ConsistencyModelPipeline;

  beforeAll(async () => {
    pipe = await ConsistencyModelPipeline.fromPretrained(emoji32Folder);
  });
  afterAll(() => pipe.dispose());

  it.each(Object.entries(emoji32.images))("makes PyTorch's image: %s", async (_name, { options, output }) => {
    const { images, classLabels } = await pipe.generate({ ...options, outputType: "tensor" });
    expectRecorded(channelsLast(images), output);
    expect(classLabels).toEqual(options.classLabels);
  });

  it("predicts what PyTorch predicts", async () => {
    const { options, output } = emoji32.forward;
    const sample = new TorchGenerator(options.seed).randn([3, 3, 32, 32]);
    const { sample: prediction } = await pipe.unet.forward({ sample, ...options });
    expectRecorded(prediction.data, output);
  });

  it("names its classes", () => {
    expect(pipe.getLabelIds(["grinning face", "fox", "rocket"])).toEqual([0, 8, 29]);
    expect(Object.keys(pipe.labels)).toHaveLength(30);
  });
});
