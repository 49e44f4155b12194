import { ImageError, InvalidArgumentError, Tensor, UnsupportedError } from "@onestep/core";
import type { UNet2DModelConfigValues } from "@onestep/models";
import {
  DDIMScheduler,
  DDPMScheduler,
  DPMSolverMultistepScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
  type Scheduler,
  type SchedulerClass,
  UniPCMultistepScheduler,
} from "@onestep/schedulers";
import { describe, expect, it, vi } from "vitest";
import { drawWeights } from "../__fixtures__/draw-weights.ts";
import { pipelinePlace } from "../__fixtures__/pipeline-place.ts";
import { zeroPipeline } from "../__fixtures__/zero-pipeline.ts";
import type { GenerateOptions } from "../sampling/generate-options.ts";
import { DDIMPipeline } from "./ddim-pipeline.ts";
import { DDPMPipeline } from "./ddpm-pipeline.ts";

const place = pipelinePlace();
const small: Partial<UNet2DModelConfigValues> = {
  sampleSize: 8,
  blockOutChannels: [16, 32],
  attentionHeadDim: 8,
  normNumGroups: 8,
};

interface Parts {
  readonly unet?: Partial<UNet2DModelConfigValues>;
  readonly scheduler?: Readonly<Record<string, unknown>>;
  readonly fill?: (name: string, shape: readonly number[]) => Float32Array;
}

/** A DDPM of 8 x 8 images, and how often its model was called. */
async function load({ unet, scheduler, fill = drawWeights() }: Parts = {}) {
  const location = await place({
    ...zeroPipeline({ ...small, ...unet }),
    className: "DDPMPipeline",
    scheduler: { _class_name: "DDPMScheduler", ...scheduler },
    fill,
  });
  const pipe = await DDPMPipeline.fromPretrained(location);
  const forward = vi.spyOn(pipe.unet, "forward");
  return { pipe, forward };
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error("nothing failed"),
    (error: Error) => error,
  );
}

describe("channels", () => {
  it.each([
    [1, "L"],
    [2, "LA"],
    [3, "RGB"],
    [4, "RGBA"],
  ])("%i make images of the mode that Pillow has for them, %s", async (channels, mode) => {
    const { pipe } = await load({ unet: { inChannels: channels, outChannels: channels } });
    const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 2 });
    expect(images[0]?.mode).toBe(mode);
    await pipe.dispose();
  });

  it("of 5 make numbers alone, which is told before the model runs", async () => {
    const { pipe, forward } = await load({ unet: { inChannels: 5, outChannels: 5 } });
    const error = await failureOf(pipe.generate({ seed: 0, numInferenceSteps: 2 }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain('outputType: found "image" for a model of 5 channels');
    expect(error.message).toContain('Pass `outputType: "tensor"`');
    expect(forward).not.toHaveBeenCalled();
    const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 2, outputType: "tensor" });
    expect(images.shape).toEqual([1, 5, 8, 8]);
    await pipe.dispose();
  });

  it("that go in and do not come out are refused", async () => {
    const { pipe, forward } = await load({ unet: { inChannels: 6, outChannels: 3 } });
    const error = await failureOf(pipe.generate({ seed: 0, numInferenceSteps: 2 }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toContain("unet: out_channels: found 3, with in_channels 6, expected 6, or 12");
    expect(forward).not.toHaveBeenCalled();
    await pipe.dispose();
  });
});

describe("a model that predicts a variance", () => {
  const parts = { unet: { outChannels: 6 }, scheduler: { variance_type: "learned_range" } };

  it.each<SchedulerClass>([DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler, UniPCMultistepScheduler])(
    "is refused with a scheduler that does not split it off, before it runs: %o",
    async (schedulerClass) => {
      const { pipe, forward } = await load(parts);
      vi.spyOn(console, "warn").mockImplementation(() => undefined);
      pipe.scheduler = schedulerClass.fromConfig(pipe.scheduler.config);
      const error = await failureOf(pipe.generate({ seed: 0, numInferenceSteps: 4 }));
      expect(error).toBeInstanceOf(InvalidArgumentError);
      expect(error.message).toContain(
        `scheduler: ${schedulerClass.className}: found a model that predicts a variance`,
      );
      expect(forward).not.toHaveBeenCalled();
      await pipe.dispose();
    },
  );

  it("is refused by DDIMPipeline, which makes its scheduler one of those", async () => {
    const { pipe, forward } = await load(parts);
    const ddim = new DDIMPipeline(pipe.components);
    const error = await failureOf(ddim.generate({ seed: 0 }));
    expect(error.message).toContain("DDIMScheduler: found a model that predicts a variance");
    expect(forward).not.toHaveBeenCalled();
    await pipe.dispose();
  });

  it("runs with those that do", async () => {
    const { pipe } = await load(parts);
    for (const schedulerClass of [DDPMScheduler, DPMSolverMultistepScheduler] as SchedulerClass[]) {
      pipe.scheduler = schedulerClass.fromConfig(pipe.scheduler.config);
      const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 3 });
      expect(images).toHaveLength(1);
    }
    await pipe.dispose();
  });

  it("is not what a config says that has it, with a model that does not", async () => {
    const { pipe, forward } = await load({ scheduler: { variance_type: "learned" } });
    const error = await failureOf(pipe.generate({ seed: 0, numInferenceSteps: 3 }));
    expect(error.message).toContain(
      'DDPMScheduler: found varianceType "learned", and a model that predicts no variance',
    );
    expect(forward).not.toHaveBeenCalled();
    await pipe.dispose();
  });
});

describe("numbers that are not finite", () => {
  it("end a run at the first step that has them, and are the model's where its prediction has them", async () => {
    const fill = drawWeights();
    const { pipe, forward } = await load({
      fill: (name, shape) =>
        name === "conv_in.bias" ? new Float32Array(shape[0] ?? 0).fill(NaN) : fill(name, shape),
    });
    const onStepEnd = vi.fn();
    for (const outputType of ["image", "tensor"] as const) {
      const error = await failureOf(pipe.generate({ seed: 0, numInferenceSteps: 9, outputType, onStepEnd }));
      expect(error).toBeInstanceOf(ImageError);
      expect(error.message).toContain(
        "step 1 of 9 (timestep 888, DDPMScheduler): found NaN in what the model predicts, expected finite numbers.",
      );
    }
    expect(onStepEnd).not.toHaveBeenCalled();
    expect(forward).toHaveBeenCalledTimes(2);
    await pipe.dispose();
  });

  it.each([DDIMScheduler.className, DDPMScheduler.className])(
    "are the scheduler's where there is nothing but noise to predict from: %s",
    async (className) => {
      const { pipe, forward } = await load();
      vi.spyOn(console, "warn").mockImplementation(() => undefined);
      const changes = { rescaleBetasZeroSnr: true, timestepSpacing: "trailing", clipSample: false } as const;
      pipe.scheduler =
        className === DDIMScheduler.className
          ? DDIMScheduler.fromConfig(pipe.scheduler.config, changes)
          : DDPMScheduler.fromConfig(pipe.scheduler.config, changes);
      const error = await failureOf(pipe.generate({ seed: 0, numInferenceSteps: 30 }));
      expect(error.message).toContain(`step 1 of 30 (timestep 999, ${className}): found`);
      expect(error.message).toContain(
        "The scheduler's config has rescaleBetasZeroSnr and predictions of noise",
      );
      expect(error.message).not.toContain("weights");
      expect(forward).toHaveBeenCalledTimes(1);
      await pipe.dispose();
    },
  );

  it("are refused in latents", async () => {
    const { pipe, forward } = await load();
    const latents = Tensor.zeros([1, 3, 8, 8]);
    latents.data[7] = Number.POSITIVE_INFINITY;
    await expect(pipe.generate({ latents, numInferenceSteps: 1 })).rejects.toThrow(
      "latents: found Infinity among the numbers, expected finite numbers.",
    );
    expect(forward).not.toHaveBeenCalled();
    await pipe.dispose();
  });
});

it.each(["timestep", "identity"] as const)(
  "a class_embed_type of %s is refused in the same words with labels and without",
  async (classEmbedType) => {
    const { pipe, forward } = await load({ unet: { classEmbedType } });
    const errors = await Promise.all(
      [{}, { classLabels: 3 }, { classLabels: [3] }].map((options) =>
        failureOf(pipe.generate({ seed: 0, numInferenceSteps: 1, ...options })),
      ),
    );
    expect(errors[0]).toBeInstanceOf(UnsupportedError);
    expect(errors[0]?.message).toContain(`unet: class_embed_type: found ${classEmbedType}`);
    expect(new Set(errors.map(({ message }) => message)).size).toBe(1);
    expect(forward).not.toHaveBeenCalled();
    await pipe.dispose();
  },
);

describe("options", () => {
  it("of null are left out", async () => {
    const { pipe } = await load();
    const nulls = {
      batchSize: null,
      classLabels: null,
      generator: null,
      latents: null,
      onProgress: null,
      onStepEnd: null,
      outputType: null,
      signal: null,
      timesteps: null,
    } as unknown as GenerateOptions;
    const { images } = await pipe.generate({ ...nulls, seed: 0, numInferenceSteps: 1 });
    const plain = await pipe.generate({ seed: 0, numInferenceSteps: 1 });
    expect(images).toEqual(plain.images);
    const drawn = { seed: null, numInferenceSteps: 1 } as unknown as GenerateOptions;
    expect((await pipe.generate(drawn)).images).toHaveLength(1);
    await pipe.dispose();
  });

  it.each([
    [{ batchSize: "2" }, 'batchSize: found "2", expected a whole number from 1'],
    [{ batchSize: 2n }, "batchSize: found 2n, expected"],
    [{ onStepEnd: "log" }, 'onStepEnd: found "log", expected a function.'],
    [{ onProgress: 3 }, "onProgress: found 3, expected a function."],
    [{ signal: {} }, "signal: found {}, expected an AbortSignal."],
    [{ outputType: 3n }, 'outputType: found 3n, expected "image" or "tensor".'],
    [{ latents: [1, 2] }, "latents: found [1,2], expected a tensor, float32 [1, 3, 8, 8]."],
    [
      { latents: new Float32Array(12_288) },
      "latents: found a Float32Array of 12288 elements, expected a tensor",
    ],
    [{ generator: 7 }, "generator: found 7, expected a generator"],
    [[], "options of DDPMPipeline.generate: found [], expected an object."],
  ])("of a wrong kind are told as they were given: %o", async (options, message) => {
    const { pipe, forward } = await load();
    const error = await failureOf(pipe.generate(options as GenerateOptions));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(400);
    expect(forward).not.toHaveBeenCalled();
    await pipe.dispose();
  });

  it("have a default number of steps that is no more than the training's", async () => {
    const { pipe } = await load({ scheduler: { num_train_timesteps: 5 } });
    const onStepEnd = vi.fn();
    await pipe.generate({ seed: 0, onStepEnd });
    expect(onStepEnd).toHaveBeenCalledTimes(5);
    pipe.scheduler = UniPCMultistepScheduler.fromConfig(pipe.scheduler.config);
    await expect(pipe.generate({ seed: 0 })).rejects.toThrow(
      "numInferenceSteps: found 5, the default of the pipeline, expected a whole number from 1 to 4. Pass `numInferenceSteps`:",
    );
    await pipe.dispose();
  });
});

describe("a scheduler", () => {
  it.each([
    [DDIMScheduler, "the class DDIMScheduler", "DDIMScheduler.fromConfig"],
    ["ddim", '"ddim"', "Pass one of @onestep/schedulers"],
    [null, "null", "Pass one of"],
    [{ config: {} }, '{"config":{}}', "an object that implements `Scheduler`"],
  ])("that cannot sample is refused when it is assigned: %o", async (scheduler, found, remedy) => {
    const { pipe } = await load();
    const original = pipe.scheduler;
    const assign = () => {
      pipe.scheduler = scheduler as unknown as Scheduler;
    };
    expect(assign).toThrow(InvalidArgumentError);
    expect(assign).toThrow(`scheduler: found ${found}, expected a scheduler`);
    expect(assign).toThrow(remedy);
    expect(pipe.scheduler).toBe(original);
    await pipe.dispose();
  });
});

it("hears an abort while onStepEnd is waited for", async () => {
  const { pipe, forward } = await load();
  const controller = new AbortController();
  const onStepEnd = () => {
    setTimeout(() => controller.abort(), 5);
    return new Promise<void>(() => undefined);
  };
  const run = pipe.generate({ seed: 0, numInferenceSteps: 3, signal: controller.signal, onStepEnd });
  await expect(run).rejects.toMatchObject({ name: "AbortError" });
  expect(forward).toHaveBeenCalledTimes(1);
  const { images } = await pipe.generate({ seed: 0, numInferenceSteps: 1 });
  expect(images).toHaveLength(1);
  await pipe.dispose();
});
