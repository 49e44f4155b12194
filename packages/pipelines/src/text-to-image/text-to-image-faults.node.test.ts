import { InvalidArgumentError, RasterImage, Tensor, TorchGenerator } from "@onestep/core";
import { DDIMScheduler, EulerDiscreteScheduler, LCMScheduler } from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import { textFile } from "./__fixtures__/golden-call.ts";
import {
  draw,
  failure,
  fox,
  load,
  open,
  quick,
  sd15,
  sdxl,
  warnings,
} from "./__fixtures__/small-pipelines.ts";
import { LatentConsistencyModelPipeline } from "./latent-consistency-model-pipeline.ts";
import type { TextToImageOptions } from "./options.ts";
import {
  type StableDiffusionGenerateOptions,
  StableDiffusionImg2ImgPipeline,
  StableDiffusionInpaintPipeline,
  StableDiffusionPipeline,
} from "./stable-diffusion-pipeline.ts";
import { StableDiffusionXLPipeline } from "./stable-diffusion-xl-pipeline.ts";

describe("syntax of other programs in prompts", () => {
  it.each(["a <lora:foo:0.8> fox", "a (red fox:1.3)"])("%s: a warning", async (prompt) => {
    await draw(await sd15, { prompt });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/is text here/);
  });

  it.each([":)", "(a)", "10:30", "f(x): 3"])("%s: none", async (prompt) => {
    await draw(await sd15, { prompt });
    expect(warnings).toEqual([]);
  });
});

describe("embeddings in place of prompts", () => {
  const embeds = (shape: readonly number[], seed: number): Tensor<"float32"> =>
    new TorchGenerator(seed).randn(shape);

  it("of 154 tokens run, with negative ones, without guidance, and with an empty negative prompt", async () => {
    const pipe = await sd15;
    const promptEmbeds = embeds([1, 154, 24], 1);
    const without = { prompt: undefined, promptEmbeds };
    await draw(pipe, { ...without, negativePromptEmbeds: embeds([1, 154, 24], 2) });
    await draw(pipe, { ...without, guidanceScale: 1 });
    await draw(pipe, without);
  });

  it("may share one negative text", async () => {
    const promptEmbeds = embeds([2, 77, 24], 1);
    const data = await draw(await sd15, { prompt: undefined, promptEmbeds, negativePrompt: "text" });
    expect(data.length).toBe(2 * 3 * 64 * 64);
  });

  it.each<[string, TextToImageOptions & { negativePromptEmbeds?: Tensor<"float32"> }]>([
    ["another width", { promptEmbeds: embeds([1, 77, 23], 1) }],
    [
      "another negative length",
      { promptEmbeds: embeds([1, 77, 24], 1), negativePromptEmbeds: embeds([1, 70, 24], 2) },
    ],
    ["a prompt besides", { prompt: fox, promptEmbeds: embeds([1, 77, 24], 1) }],
    ["neither", {}],
    ["a number", { prompt: 5 as unknown as string }],
  ])("%s is refused", async (_what, options) => {
    const error = await failure((await sd15).generate({ ...quick, ...options }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
  });

  it("give the image of the text that they encode", async () => {
    const pipe = await sd15;
    const { inputIds } = pipe.tokenizer.encodePadded(fox, 77);
    const { lastHiddenState } = await pipe.textEncoder.forward({ inputIds: [inputIds] });
    const given = { prompt: undefined, promptEmbeds: lastHiddenState, numImagesPerPrompt: 3 };
    expect(await draw(pipe, given)).toEqual(await draw(pipe, { numImagesPerPrompt: 3 }));
  });
});

describe("an image of a batch is the one that its generator makes alone", () => {
  const negatives = ["blurry", "text"];
  const prompts = [fox, "a quiet harbor"];
  const seeds = [11, 12, 13, 14];

  it.each(["PNDM", "LCM", "DDIM"])("%s", async (name) => {
    const pipe = StableDiffusionPipeline.fromPipe(await sd15);
    if (name === "LCM") pipe.scheduler = LCMScheduler.fromConfig(pipe.scheduler.config);
    if (name === "DDIM") pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
    const eta = name === "DDIM" ? 0.5 : 0;
    const generators = () => seeds.map((seed) => new TorchGenerator(seed));
    const batch = await draw(pipe, {
      prompt: prompts,
      negativePrompt: negatives,
      numImagesPerPrompt: 2,
      seed: undefined,
      generator: generators(),
      eta,
    });
    const size = batch.length / 4;
    for (const [item, generator] of generators().entries()) {
      const alone = await draw(pipe, {
        prompt: prompts[Math.floor(item / 2)],
        negativePrompt: negatives[Math.floor(item / 2)],
        seed: undefined,
        generator,
        eta,
      });
      const own = batch.subarray(item * size, (item + 1) * size);
      // The same sums in another order.
      expect(Math.max(...own.map((value, index) => Math.abs(value - (alone[index] as number))))).toBeLessThan(
        2e-5,
      );
    }
  });
});

describe("options", () => {
  it("clipSkip 0 is the image without it, to the bit", async () => {
    expect(await draw(await sd15, { clipSkip: 0 })).toEqual(await draw(await sd15));
  });

  it.each<[string, StableDiffusionGenerateOptions]>([
    ["clipSkip", { clipSkip: -1 }],
    ["clipSkip", { clipSkip: 1.5 }],
    ["clipSkip", { clipSkip: 9 }],
    ["height", { height: 60 }],
    ["width", { width: 0 }],
    ["numImagesPerPrompt", { numImagesPerPrompt: 0 }],
    ["guidanceScale", { guidanceScale: Number.NaN }],
    ["eta", { eta: 2 }],
    ["outputType", { outputType: "np" as "tensor" }],
    ["negativePrompt", { prompt: ["a", "b", "c"], negativePrompt: ["b", "c"] }],
    ["timesteps and sigmas", { timesteps: [1], sigmas: [1] }],
    ["sigmas", { sigmas: [10, 1] }],
  ])("%s is named where it is wrong: %j", async (subject, options) => {
    const error = await failure((await sd15).generate({ prompt: fox, ...quick, ...options } as never));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.problem?.subject).toContain(subject);
    expect(await draw(await sd15)).toEqual(await draw(await sd15));
  });

  it("a step may be the last, or change the latents", async () => {
    const pipe = await sd15;
    const steps: number[] = [];
    await draw(pipe, {
      numInferenceSteps: 8,
      onStepEnd: ({ step }) => {
        steps.push(step);
        return { interrupt: step === 2 };
      },
    });
    expect(steps).toEqual([0, 1, 2]);
    const changed = await draw(pipe, { onStepEnd: ({ latents }) => ({ latents: latents.mul(0) }) });
    expect(changed).not.toEqual(await draw(pipe));
    await expect(draw(pipe, { onStepEnd: () => ({ latents: Tensor.zeros([1]) }) })).rejects.toThrow(
      /onStepEnd/,
    );
  });

  it("an abort between steps rejects with its reason, and the next call is as ever", async () => {
    const pipe = await sd15;
    const before = await draw(pipe);
    const controller = new AbortController();
    const run = draw(pipe, {
      numInferenceSteps: 8,
      signal: controller.signal,
      onStepEnd: () => controller.abort(new Error("enough")),
    });
    await expect(run).rejects.toThrow("enough");
    expect(await draw(pipe)).toEqual(before);
  });

  it("absent, undefined and null are one; an empty negative prompt is another in XL alone", async () => {
    const pipe = await sdxl;
    const absent = await draw(pipe);
    expect(await draw(pipe, { negativePrompt: undefined })).toEqual(absent);
    expect(await draw(pipe, { negativePrompt: null as unknown as undefined })).toEqual(absent);
    expect(await draw(pipe, { negativePrompt: "" })).not.toEqual(absent);
    expect(await draw(await sd15, { negativePrompt: "" })).toEqual(await draw(await sd15));
    const parts = { forceZerosForEmptyPrompt: false };
    const encoded = StableDiffusionXLPipeline.fromPipe(pipe, parts);
    expect(await draw(encoded)).toEqual(await draw(encoded, { negativePrompt: "" }));
  });

  it("one seed makes the same first images of a larger batch, where no noise is drawn on the way", async () => {
    const [two, four] = [
      await draw(await sd15, { numImagesPerPrompt: 2 }),
      await draw(await sd15, { numImagesPerPrompt: 4 }),
    ];
    const differences = two.map((value, index) => Math.abs(value - (four[index] as number)));
    expect(Math.max(...differences)).toBeLessThan(2e-5);
  });
});

describe("schedulers", () => {
  it("swapped in and back give the first image, to the bit", async () => {
    const pipe = await open(StableDiffusionPipeline.fromPretrained(textFile("sd-turbo-tiny/"), load));
    const turbo = { numInferenceSteps: 1, guidanceScale: 0 };
    const first = await draw(pipe, turbo);
    const original = pipe.scheduler;
    pipe.scheduler = LCMScheduler.fromConfig(original.config);
    pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
    pipe.scheduler = EulerDiscreteScheduler.fromConfig(original.config);
    expect(await draw(pipe, turbo)).toEqual(first);
  });
});

describe("images", () => {
  const rgb = (): RasterImage => {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 37) % 256);
    return new RasterImage({ data, width: 64, height: 64, channels: 3 });
  };
  const withOpacity = (): RasterImage => {
    const { data } = rgb();
    const four = Uint8Array.from({ length: 64 * 64 * 4 }, (_, index) =>
      index % 4 === 3 ? (index * 7) % 256 : (data[Math.floor(index / 4) * 3 + (index % 4)] as number),
    );
    return new RasterImage({ data: four, width: 64, height: 64, channels: 4 });
  };
  const edit = { prompt: fox, numInferenceSteps: 4, strength: 0.5, outputType: "tensor", seed: 0 } as const;

  it("lose their opacity, and keep the colours below it", async () => {
    const pipe = StableDiffusionImg2ImgPipeline.fromPipe(await sd15);
    const plain = await pipe.generate({ ...edit, image: rgb() });
    const other = await pipe.generate({ ...edit, image: withOpacity() });
    expect(other.images.data).toEqual(plain.images.data);
  });

  it("grey ones are those of three equal channels", async () => {
    const pipe = StableDiffusionImg2ImgPipeline.fromPipe(await sd15);
    const grey = Uint8Array.from({ length: 64 * 64 }, (_, index) => index % 256);
    const three = Uint8Array.from(
      { length: 64 * 64 * 3 },
      (_, index) => grey[Math.floor(index / 3)] as number,
    );
    const size = { width: 64, height: 64 };
    const one = await pipe.generate({
      ...edit,
      image: new RasterImage({ data: grey, ...size, channels: 1 }),
    });
    const same = await pipe.generate({
      ...edit,
      image: new RasterImage({ data: three, ...size, channels: 3 }),
    });
    expect(one.images.data).toEqual(same.images.data);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["image", {}],
    ["image", { image: "x.png" }],
    ["image", { image: [] }],
    ["strength", { image: rgb(), strength: 1.2 }],
    ["strength", { image: rgb(), strength: 0.1, numInferenceSteps: 2 }],
    ["image", { image: [rgb(), rgb()], prompt: ["a", "b", "c"] }],
  ])("%s is named: %j", async (subject, options) => {
    const pipe = StableDiffusionImg2ImgPipeline.fromPipe(await sd15);
    pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
    const before = await pipe.generate({ ...edit, image: rgb() });
    const error = await failure(pipe.generate({ ...edit, ...options }));
    expect(error.problem?.subject).toContain(subject);
    expect((await pipe.generate({ ...edit, image: rgb() })).images.data).toEqual(before.images.data);
  });

  it("are repainted where the mask is white, at any size of the two", async () => {
    const pipe = await open(
      StableDiffusionInpaintPipeline.fromPretrained(textFile("sd15-inpaint-tiny/"), load),
    );
    const mask = (at: (row: number, column: number) => boolean): RasterImage => {
      const data = Uint8Array.from({ length: 60 * 90 }, (_, index) =>
        at(Math.floor(index / 90), index % 90) ? 255 : 0,
      );
      return new RasterImage({ data, width: 90, height: 60, channels: 1 });
    };
    const blended = StableDiffusionInpaintPipeline.fromPipe(await sd15);
    const options = {
      prompt: fox,
      image: rgb(),
      height: 64,
      width: 96,
      numInferenceSteps: 2,
      seed: 0,
    } as const;
    const corner = mask((row, column) => row < 30 && column < 45);
    const { images } = await blended.generate({ ...options, maskImage: corner, outputType: "latent" });
    const { images: none } = await blended.generate({
      ...options,
      maskImage: mask(() => false),
      outputType: "latent",
    });
    const [, , height = 0, width = 0] = images.shape;
    const isSame = (row: number, column: number): boolean =>
      images.data[row * width + column] === none.data[row * width + column];
    expect(isSame(0, 0)).toBe(false);
    expect(isSame(height - 1, width - 1)).toBe(true);
    await pipe.generate({ ...options, maskImage: corner });
  });

  it("latents of a size that a UNet does not halve, and back: the first bytes again", async () => {
    const pipe = await open(LatentConsistencyModelPipeline.fromPretrained(textFile("lcm-tiny/"), load));
    const options = { prompt: fox, seed: 0, outputType: "tensor" } as const;
    const first = await pipe.generate({ ...options, height: 64, width: 64 });
    await pipe.generate({ ...options, height: 72, width: 104 });
    await pipe.generate({ ...options, height: 80, width: 64 });
    const again = await pipe.generate({ ...options, height: 64, width: 64 });
    expect(again.images.data).toEqual(first.images.data);
  });
});
