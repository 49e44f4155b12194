import { InvalidArgumentError, RasterImage, Tensor, TorchGenerator } from "@onestep/core";
import { DDIMScheduler, PNDMScheduler } from "@onestep/schedulers";
import { describe, expect, it, vi } from "vitest";
import { draw, failure, fox, quick, sd15, sdxl, warnings } from "./__fixtures__/small-pipelines.ts";
import {
  StableDiffusionImg2ImgPipeline,
  StableDiffusionInpaintPipeline,
  StableDiffusionPipeline,
} from "./stable-diffusion-pipeline.ts";
import { StableDiffusionXLPipeline } from "./stable-diffusion-xl-pipeline.ts";

const noise = (shape: readonly number[], seed: number): Tensor<"float32"> =>
  new TorchGenerator(seed).randn(shape);

/** Spies on what computes: nothing may run before a call is judged. */
function watch(pipe: { readonly components: object }): readonly ReturnType<typeof vi.spyOn>[] {
  const { unet, textEncoder, textEncoder2 } = pipe.components as Record<
    string,
    { forward(): void } | undefined
  >;
  return [unet, textEncoder, textEncoder2].flatMap((model) => (model ? [vi.spyOn(model, "forward")] : []));
}

describe("white space in prompts", () => {
  it.each(["a red\nfox", "a red\r\n\tfox", "a red\u0085fox", "a red\u00a0\u3000fox", "\ta red fox\n"])(
    "%j is that of a space",
    async (prompt) => {
      expect(await draw(await sd15, { prompt })).toEqual(await draw(await sd15, { prompt: "a red fox" }));
    },
  );

  it("does not vanish, and a byte order mark is a character, as in Python", async () => {
    const spaced = await draw(await sd15, { prompt: "a red fox" });
    expect(await draw(await sd15, { prompt: "a redfox" })).not.toEqual(spaced);
    expect(await draw(await sd15, { prompt: "\ufeffa red fox" })).not.toEqual(spaced);
  });
});

describe("syntax of other programs", () => {
  it("is warned of once by a pipeline, of each kind, also with two text encoders", async () => {
    const prompt = "(red:1.2) fox <lora:style:0.8>";
    for (const pipe of [
      StableDiffusionPipeline.fromPipe(await sd15),
      StableDiffusionXLPipeline.fromPipe(await sdxl),
    ]) {
      warnings.length = 0;
      await draw(pipe, { prompt, negativePrompt: "(text:2)" });
      await draw(pipe, { prompt: [prompt, "(blue:1.5)"], seed: 1 });
      expect(warnings.filter((message) => message.includes("is text here"))).toHaveLength(2);
    }
  });

  it.each(["((word))", "[word]", "a (b) c", "ratio 16:9 (wide)", "if (x) { y: 3 }"])(
    "%s: none",
    async (prompt) => {
      const pipe = StableDiffusionPipeline.fromPipe(await sd15);
      await draw(pipe, { prompt });
      expect(warnings).toEqual([]);
    },
  );
});

describe("lengths of embeddings", () => {
  it.each<[string, object, string]>([
    [
      "100 tokens and a negative text",
      { promptEmbeds: noise([1, 100, 24], 1), negativePrompt: "x" },
      "promptEmbeds",
    ],
    ["50 tokens and no negative prompt", { promptEmbeds: noise([1, 50, 24], 1) }, "promptEmbeds"],
    [
      "a text and 154 negative tokens",
      { prompt: fox, negativePromptEmbeds: noise([1, 154, 24], 1) },
      "negativePromptEmbeds",
    ],
    [
      "154 tokens and 77 negative ones",
      { promptEmbeds: noise([1, 154, 24], 1), negativePromptEmbeds: noise([1, 77, 24], 1) },
      "negativePromptEmbeds",
    ],
    [
      "two prompts and three negative ones",
      { promptEmbeds: noise([2, 77, 24], 1), negativePromptEmbeds: noise([3, 77, 24], 1) },
      "negativePromptEmbeds",
    ],
    ["no tokens", { promptEmbeds: Tensor.zeros([1, 0, 24]) }, "promptEmbeds"],
  ])("%s: refused before anything runs", async (_what, options, subject) => {
    const pipe = await sd15;
    const passes = watch(pipe);
    const error = await failure(pipe.generate({ ...quick, ...options }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.problem?.subject).toBe(subject);
    for (const pass of passes) expect(pass).not.toHaveBeenCalled();
  });

  it("XL: 154 tokens run with an absent, an empty and another negative text", async () => {
    const pipe = await sdxl;
    const given = {
      prompt: undefined,
      promptEmbeds: noise([1, 154, 40], 1),
      pooledPromptEmbeds: noise([1, 20], 2),
    };
    const absent = await draw(pipe, given);
    const empty = await draw(pipe, { ...given, negativePrompt: "" });
    expect(await draw(pipe, { ...given, negativePrompt: "text" })).not.toEqual(empty);
    expect(empty).not.toEqual(absent);
    const passes = watch(pipe);
    const odd = { ...given, promptEmbeds: noise([1, 100, 40], 1), negativePrompt: "text" };
    expect(await failure(draw(pipe, odd))).toBeInstanceOf(InvalidArgumentError);
    for (const pass of passes) expect(pass).not.toHaveBeenCalled();
  });

  it("XL: a second text beside embeddings is refused, and one that has no effect warned of", async () => {
    const pipe = StableDiffusionXLPipeline.fromPipe(await sdxl);
    await draw(pipe, { negativePrompt2: "text" } as object);
    expect(warnings.filter((message) => message.includes("negativePrompt2"))).toHaveLength(1);
    const embeds = {
      negativePromptEmbeds: noise([1, 77, 40], 1),
      negativePooledPromptEmbeds: noise([1, 20], 2),
    };
    const error = await failure(draw(pipe, { ...embeds, negativePrompt2: "text" } as object));
    expect(error.problem?.subject).toBe("negativePrompt2");
  });
});

describe("absent, null and undefined", () => {
  it("are the same for each option", async () => {
    const pipe = await sd15;
    const before = await draw(pipe);
    const names = [
      "negativePrompt",
      "clipSkip",
      "guidanceRescale",
      "eta",
      "timesteps",
      "sigmas",
      "latents",
      "onStepEnd",
    ];
    const nulls = Object.fromEntries(
      [...names, "crossAttentionKwargs", "signal"].map((name) => [name, null]),
    );
    expect(await draw(pipe, nulls)).toEqual(before);
  });

  it.each([-1, 1.5, "2", 99])("a clipSkip of %j is refused", async (clipSkip) => {
    const passes = watch(await sd15);
    const error = await failure(draw(await sd15, { clipSkip: clipSkip as number }));
    expect(error.problem?.subject).toBe("clipSkip");
    for (const pass of passes) expect(pass).not.toHaveBeenCalled();
  });
});

describe("a run of one step from noise", () => {
  it("that begins where images are almost finished is warned of", async () => {
    const pipe = StableDiffusionPipeline.fromPipe(await sd15);
    pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config, { timestepSpacing: "leading" });
    await draw(pipe, { numInferenceSteps: 1, guidanceScale: 0 });
    expect(warnings.filter((message) => message.includes('"trailing"'))).toHaveLength(1);
    pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config, { timestepSpacing: "trailing" });
    await draw(pipe, { numInferenceSteps: 1, guidanceScale: 0 });
    await draw(pipe, { numInferenceSteps: 2 });
    pipe.scheduler = PNDMScheduler.fromConfig(pipe.scheduler.config);
    await draw(pipe, { numInferenceSteps: 20 });
    expect(warnings.filter((message) => message.includes("almost finished"))).toHaveLength(1);
  });
});

describe("masks", () => {
  const image = Tensor.zeros([1, 3, 64, 64]).add(0.4);
  const size = { width: 64, height: 64 };
  const half = (index: number, channels: number): boolean => Math.floor(index / channels) % 64 < 32;
  const make = (channels: 1 | 2 | 3 | 4, value: (index: number) => number): RasterImage =>
    new RasterImage({
      data: Uint8Array.from({ length: 64 * 64 * channels }, (_, index) => value(index)),
      ...size,
      channels,
    });
  const options = {
    prompt: fox,
    image,
    ...size,
    numInferenceSteps: 2,
    seed: 0,
    outputType: "tensor",
  } as const;

  it("of every kind of pixels are the same mask", async () => {
    const pipe = StableDiffusionInpaintPipeline.fromPipe(await sd15);
    const grey = make(1, (index) => (half(index, 1) ? 255 : 0));
    const expected = (await pipe.generate({ ...options, maskImage: grey })).images.data;
    for (const mask of [
      make(3, (index) => (half(index, 3) ? 255 : 0)),
      make(4, (index) => (index % 4 === 3 ? (index * 7) % 256 : half(index, 4) ? 255 : 0)),
      make(2, (index) => (index % 2 === 1 ? 0 : half(index, 2) ? 255 : 0)),
      grey.toTensor(),
    ]) {
      const { images } = await pipe.generate({ ...options, maskImage: mask });
      expect(images.data).toEqual(expected);
    }
    expect(warnings).toEqual([]);
  });

  it.each<[string, RasterImage, RegExp]>([
    ["black", make(1, () => 0), /black everywhere: nothing is repainted\.$/],
    ["white", make(3, () => 255), /white everywhere: all of the image is repainted\.$/],
    ["of 0 and 1", make(1, (index) => (half(index, 1) ? 1 : 0)), /Its values are 0 and 1/],
    ["of opacity", make(4, (index) => (index % 4 === 3 && half(index, 4) ? 255 : 0)), /Its opacity varies/],
  ])("that are %s are warned of", async (_what, maskImage, message) => {
    const pipe = StableDiffusionInpaintPipeline.fromPipe(await sd15);
    await pipe.generate({ ...options, maskImage });
    expect(warnings).toEqual([expect.stringMatching(message)]);
  });
});

describe("numbers of images and prompts", () => {
  it.each([
    [3, ["a", "b"], 1],
    [2, "a", 1],
    [2, ["a", "b", "c"], 1],
    [3, ["a", "b"], 2],
  ])(
    "%d images for %j with %d each are refused before anything runs",
    async (count, prompt, numImagesPerPrompt) => {
      const pipe = StableDiffusionImg2ImgPipeline.fromPipe(await sd15);
      const passes = watch(pipe);
      const image = Tensor.zeros([count, 3, 64, 64]).add(0.4);
      const error = await failure(
        pipe.generate({ prompt, image, numImagesPerPrompt, numInferenceSteps: 4, seed: 0 }),
      );
      expect(error.problem?.subject).toBe("image");
      for (const pass of passes) expect(pass).not.toHaveBeenCalled();
    },
  );

  it("the steps that run are reported", async () => {
    const pipe = StableDiffusionImg2ImgPipeline.fromPipe(await sd15);
    pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
    const totals: number[] = [];
    const image = Tensor.zeros([1, 3, 64, 64]).add(0.4);
    await pipe.generate({
      ...{ prompt: fox, image, strength: 0.3, numInferenceSteps: 10, seed: 0 },
      onStepEnd: ({ totalSteps }) => {
        totals.push(totalSteps);
      },
    });
    expect(totals).toEqual([3, 3, 3]);
  });
});
