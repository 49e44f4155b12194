import { type Tensor, TorchGenerator } from "@onestep/core";
import { DDIMScheduler, EulerAncestralDiscreteScheduler, LCMScheduler } from "@onestep/schedulers";
import { describe, expect, it } from "vitest";
import type { DiffusionPipelineBase } from "../pipeline.ts";
import { textFile } from "./__fixtures__/golden-call.ts";
import { fox, load, open, sd15, sdxl } from "./__fixtures__/small-pipelines.ts";
import {
  LatentConsistencyModelImg2ImgPipeline,
  LatentConsistencyModelPipeline,
} from "./latent-consistency-model-pipeline.ts";
import {
  StableDiffusionImg2ImgPipeline,
  StableDiffusionInpaintPipeline,
  StableDiffusionPipeline,
} from "./stable-diffusion-pipeline.ts";
import {
  StableDiffusionXLImg2ImgPipeline,
  StableDiffusionXLInpaintPipeline,
  StableDiffusionXLPipeline,
} from "./stable-diffusion-xl-pipeline.ts";

type Pipe = DiffusionPipelineBase & {
  generate(options: object): Promise<{ readonly images: Tensor<"float32"> }>;
};
type Loader = { fromPipe(pipe: DiffusionPipelineBase): unknown };

const lcm = open(LatentConsistencyModelPipeline.fromPretrained(textFile("lcm-tiny/"), load));
const repaint = open(StableDiffusionInpaintPipeline.fromPretrained(textFile("sd15-inpaint-tiny/"), load));
const bases = { sd15, sdxl, lcm, repaint };

const prompts = [fox, "a quiet harbor"];
const negatives = ["blurry", "text"];
const seeds = [11, 12, 13, 14];
const photo = (seed: number): Tensor<"float32"> =>
  new TorchGenerator(seed).randn([1, 3, 64, 64]).mul(0.2).add(0.5).clamp(0, 1);
const photos = seeds.map((seed) => photo(seed + 20));
const masks = seeds.map((seed) =>
  new TorchGenerator(seed + 40).randn([1, 1, 64, 64]).mul(0.3).add(0.5).clamp(0, 1),
);
const join = (parts: readonly Tensor<"float32">[]): Tensor<"float32"> => {
  const [first] = parts as [Tensor<"float32">];
  const data = new Float32Array(first.size * parts.length);
  parts.forEach((part, index) => {
    data.set(part.data, index * first.size);
  });
  return new (first.constructor as new (...given: unknown[]) => Tensor<"float32">)("float32", data, [
    parts.length,
    ...first.shape.slice(1),
  ]);
};

/** Sums in another order. */
function expectSame(found: Float32Array, expected: Float32Array, tolerance = 5e-5): void {
  expect(found).toHaveLength(expected.length);
  const worst = Math.max(...found.map((value, index) => Math.abs(value - (expected[index] as number))));
  expect(worst).toBeLessThan(tolerance);
}

async function pipeline(name: keyof typeof bases, loader: Loader, scheduler?: unknown): Promise<Pipe> {
  const pipe = loader.fromPipe(await bases[name]) as Pipe;
  const schedulerClass = scheduler as typeof LCMScheduler | undefined;
  if (schedulerClass !== undefined) pipe.scheduler = schedulerClass.fromConfig(pipe.scheduler.config);
  return pipe;
}

describe("an image of a batch is the one that its prompt, image and generator make alone", () => {
  it.each<[string, keyof typeof bases, Loader, unknown]>([
    ["text to image, PNDM", "sd15", StableDiffusionPipeline, undefined],
    ["text to image, Euler ancestral", "sd15", StableDiffusionPipeline, EulerAncestralDiscreteScheduler],
    ["text to image, XL", "sdxl", StableDiffusionXLPipeline, undefined],
    ["text to image, XL with LCM", "sdxl", StableDiffusionXLPipeline, LCMScheduler],
    ["text to image, latent consistency", "lcm", LatentConsistencyModelPipeline, undefined],
    ["image to image", "sd15", StableDiffusionImg2ImgPipeline, DDIMScheduler],
    ["image to image, XL", "sdxl", StableDiffusionXLImg2ImgPipeline, undefined],
    ["image to image, latent consistency", "lcm", LatentConsistencyModelImg2ImgPipeline, undefined],
    ["inpainting, 4 channels", "sd15", StableDiffusionInpaintPipeline, DDIMScheduler],
    ["inpainting, 9 channels", "repaint", StableDiffusionInpaintPipeline, undefined],
    ["inpainting, XL", "sdxl", StableDiffusionXLInpaintPipeline, undefined],
  ])("%s", async (name, base, loader, scheduler) => {
    const pipe = await pipeline(base, loader, scheduler);
    const isFromText = name.startsWith("text");
    const hasMask = name.startsWith("inpainting");
    const settings = {
      numInferenceSteps: 4,
      outputType: "tensor",
      ...(isFromText || hasMask ? { height: 64, width: 64 } : {}),
      ...(isFromText ? {} : { strength: 0.6 }),
    };
    const own = (item: number) => ({
      prompt: prompts[Math.floor(item / 2)],
      ...(base === "lcm" ? {} : { negativePrompt: negatives[Math.floor(item / 2)] }),
      ...(isFromText ? {} : { image: photos[item] }),
      ...(hasMask ? { maskImage: masks[item] } : {}),
      generator: [new TorchGenerator(seeds[item] as number)],
    });
    const all = {
      prompt: prompts,
      ...(base === "lcm" ? {} : { negativePrompt: negatives }),
      ...(isFromText ? {} : { image: join(photos) }),
      ...(hasMask ? { maskImage: join(masks) } : {}),
      numImagesPerPrompt: 2,
      generator: seeds.map((seed) => new TorchGenerator(seed)),
    };
    const { images } = await pipe.generate({ ...settings, ...all });
    const size = images.size / 4;
    for (const item of [0, 1, 2, 3]) {
      const alone = await pipe.generate({ ...settings, ...own(item) });
      expectSame(images.data.subarray(item * size, (item + 1) * size), alone.images.data);
    }
  });

  it("swapping prompts and generators swaps the images, and nothing else", async () => {
    for (const pipe of [await sd15, await sdxl]) {
      const draw = async (order: readonly number[]): Promise<Float32Array> => {
        const { images } = await pipe.generate({
          prompt: order.map((item) => prompts[item] as string),
          negativePrompt: order.map((item) => negatives[item] as string),
          generator: order.map((item) => new TorchGenerator(seeds[item] as number)),
          ...{ numInferenceSteps: 2, height: 64, width: 64, outputType: "tensor" },
        });
        return images.data as Float32Array;
      };
      const [first, second] = [await draw([0, 1]), await draw([1, 0])];
      const half = first.length / 2;
      expectSame(first.subarray(0, half), second.subarray(half));
      expectSame(first.subarray(half), second.subarray(0, half));
    }
  });
});

describe("one generator for several images", () => {
  const settings = {
    prompt: fox,
    numInferenceSteps: 2,
    height: 64,
    width: 64,
    outputType: "tensor",
  } as const;

  it("draws for the batch at each step, so a latent consistency model's first images depend on the batch", async () => {
    const pipe = await lcm;
    const two = await pipe.generate({ ...settings, seed: 1, numImagesPerPrompt: 2 });
    const four = await pipe.generate({ ...settings, seed: 1, numImagesPerPrompt: 4 });
    const first = four.images.data.subarray(0, two.images.size);
    expect(
      Math.max(...first.map((value, index) => Math.abs(value - (two.images.data[index] as number)))),
    ).toBeGreaterThan(0.01);
    const one = await pipe.generate({ ...settings, numInferenceSteps: 1, seed: 1, numImagesPerPrompt: 2 });
    const more = await pipe.generate({ ...settings, numInferenceSteps: 1, seed: 1, numImagesPerPrompt: 4 });
    expectSame(
      more.images.data.subarray(0, one.images.size) as Float32Array,
      one.images.data as Float32Array,
    );
  });
});

describe("calls at the same time", () => {
  it("make the images that they make one after the other", async () => {
    const pipe = await lcm;
    const calls = [
      { prompt: fox, seed: 1, height: 64, width: 64 },
      { prompt: "a quiet harbor", seed: 2, height: 64, width: 64 },
      { prompt: fox, seed: 3, height: 64, width: 96 },
    ].map((call) => ({ ...call, numInferenceSteps: 2, outputType: "tensor" }) as const);
    const together = await Promise.all(calls.map((call) => pipe.generate(call)));
    for (const [index, call] of calls.entries()) {
      expect((await pipe.generate(call)).images.data).toEqual(together[index]?.images.data);
    }
  });
});

describe("embeddings of a text make its images", () => {
  it.each([1, 3])("%d for each prompt", async (numImagesPerPrompt) => {
    const settings = {
      numInferenceSteps: 2,
      height: 64,
      width: 64,
      outputType: "tensor",
      seed: 3,
      numImagesPerPrompt,
    } as const;
    const xl = await sdxl;
    const { tokenizer, tokenizer2, textEncoder, textEncoder2 } = xl.components;
    const encode = async (text: string) => {
      const one = await textEncoder?.forward({
        inputIds: [tokenizer?.encodePadded(text, 77).inputIds ?? []],
        layer: -2,
      });
      const two = await textEncoder2.forward({
        inputIds: [tokenizer2.encodePadded(text, 77).inputIds],
        layer: -2,
      });
      const [left, right] = [one?.hiddenState, two.hiddenState] as [Tensor<"float32">, Tensor<"float32">];
      const width = (left.shape[2] ?? 0) + (right.shape[2] ?? 0);
      const data = new Float32Array(77 * width);
      for (let token = 0; token < 77; token += 1) {
        const [a = 0, b = 0] = [left.shape[2], right.shape[2]];
        data.set(left.data.subarray(token * a, (token + 1) * a), token * width);
        data.set(right.data.subarray(token * b, (token + 1) * b), token * width + a);
      }
      const embeds = new (left.constructor as new (...given: unknown[]) => Tensor<"float32">)(
        "float32",
        data,
        [1, 77, width],
      );
      return { embeds, pooled: two.textEmbeds as Tensor<"float32"> };
    };
    const [positive, negative] = [await encode(fox), await encode("blurry")];
    const given = await xl.generate({
      ...settings,
      promptEmbeds: positive.embeds,
      pooledPromptEmbeds: positive.pooled,
      negativePromptEmbeds: negative.embeds,
      negativePooledPromptEmbeds: negative.pooled,
    });
    const text = await xl.generate({ ...settings, prompt: fox, negativePrompt: "blurry" });
    expectSame(given.images.data as Float32Array, text.images.data as Float32Array);
    const pipe = await lcm;
    const { inputIds } = pipe.tokenizer.encodePadded(fox, 77);
    const { lastHiddenState: promptEmbeds } = await pipe.textEncoder.forward({ inputIds: [inputIds] });
    const fromEmbeds = await pipe.generate({ ...settings, promptEmbeds });
    const fromText = await pipe.generate({ ...settings, prompt: fox });
    expectSame(fromEmbeds.images.data as Float32Array, fromText.images.data as Float32Array);
  });
});
