import {
  InvalidArgumentError,
  InvalidConfigError,
  OnestepError,
  RasterImage,
  setWarningHandler,
  Tensor,
  TorchGenerator,
} from "@onestep/core";
import { CheckpointError } from "@onestep/models";
import { DDIMScheduler, EulerDiscreteScheduler, LCMScheduler } from "@onestep/schedulers";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  changedRepository,
  loraFile,
  readSafetensorsContent,
  removeChanged,
  type SafetensorsContent,
  withFields,
  writeSafetensorsContent,
} from "./__fixtures__/changed-repository.ts";
import { textFile } from "./__fixtures__/golden-call.ts";
import { LatentConsistencyModelPipeline } from "./latent-consistency-model-pipeline.ts";
import type { TextToImageOptions } from "./options.ts";
import {
  type StableDiffusionGenerateOptions,
  StableDiffusionImg2ImgPipeline,
  StableDiffusionInpaintPipeline,
  StableDiffusionPipeline,
} from "./stable-diffusion-pipeline.ts";
import {
  StableDiffusionXLImg2ImgPipeline,
  StableDiffusionXLPipeline,
} from "./stable-diffusion-xl-pipeline.ts";

const quick = { numInferenceSteps: 2, height: 64, width: 64, outputType: "tensor" } as const;
const load = { threads: 1 } as const;
const fox = "a photo of a red fox in the snow";
const disposals: (() => Promise<void>)[] = [];

async function open<Pipe extends { dispose(): Promise<void> }>(loading: Promise<Pipe>): Promise<Pipe> {
  const pipe = await loading;
  disposals.push(() => pipe.dispose());
  return pipe;
}

const sd15 = open(StableDiffusionPipeline.fromPretrained(textFile("sd15-tiny/"), load));
const sdxl = open(StableDiffusionXLPipeline.fromPretrained(textFile("sdxl-tiny/"), load));

afterAll(async () => {
  for (const dispose of disposals) await dispose();
  await removeChanged();
});

let warnings: string[] = [];

beforeEach(() => {
  warnings = [];
  setWarningHandler(({ message }) => warnings.push(message));
});
afterEach(() => {
  setWarningHandler(undefined);
});

async function draw(
  pipe: {
    generate(options: StableDiffusionGenerateOptions<"tensor">): Promise<{ images: Tensor<"float32"> }>;
  },
  options: StableDiffusionGenerateOptions = {},
): Promise<Float32Array> {
  const { images } = await pipe.generate({
    prompt: fox,
    seed: 0,
    ...quick,
    ...options,
    outputType: "tensor",
  });
  return images.data;
}

async function failure(promise: Promise<unknown>): Promise<OnestepError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OnestepError) return error;
    throw error;
  }
  throw new Error("it succeeded");
}

describe("lengths that tokenizers say", () => {
  const config = "tokenizer/tokenizer_config.json";
  it.each<[string, Parameters<typeof changedRepository>[1]]>([
    ["no model_max_length", { [config]: withFields({ model_max_length: undefined }) }],
    ["10^30", { [config]: (text) => text.replace('"model_max_length": 77', '"model_max_length": 1e30') }],
    ["more than the positions", { [config]: withFields({ model_max_length: 128 }) }],
    ["no tokenizer_config.json", { [config]: undefined }],
    ["no special_tokens_map.json", { "tokenizer/special_tokens_map.json": undefined }],
  ])("%s: the image of the folder as it is", async (_what, changes) => {
    const pipe = await open(
      StableDiffusionPipeline.fromPretrained(await changedRepository("sd15-tiny", changes), load),
    );
    expect(await draw(pipe)).toEqual(await draw(await sd15));
  });

  it("64: fewer tokens, another image", async () => {
    const files = await changedRepository("sd15-tiny", { [config]: withFields({ model_max_length: 64 }) });
    const pipe = await open(StableDiffusionPipeline.fromPretrained(files, load));
    expect(await draw(pipe)).not.toEqual(await draw(await sd15));
  });
});

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

describe("repositories in disorder", () => {
  const variant = { ...load, variant: "fp16" } as const;
  const unetFile = "unet/diffusion_pytorch_model";

  it("a variant that one component has not: its plain files, and a warning", async () => {
    const files = await changedRepository("sd-turbo-tiny", { [`${unetFile}.fp16.safetensors`]: undefined });
    await open(StableDiffusionPipeline.fromPretrained(files, variant));
    expect(warnings.filter((message) => message.includes("unet"))).toHaveLength(1);
  });

  it("a variant that nothing has is refused, and the others are named", async () => {
    const files = await changedRepository("sd-turbo-tiny");
    const error = await failure(StableDiffusionPipeline.fromPretrained(files, { ...load, variant: "bf16" }));
    expect(error.problem).toMatchObject({ subject: expect.stringContaining("variant"), expected: '"fp16"' });
  });

  it("only a variant: the message says to pass it", async () => {
    const plain = ["unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"];
    const changes = Object.fromEntries(plain.map((name) => [`${name}.safetensors`, undefined]));
    const error = await failure(
      StableDiffusionPipeline.fromPretrained(await changedRepository("sd-turbo-tiny", changes), load),
    );
    expect(error.message).toContain("variant");
  });

  it.each<[string, unknown]>([
    ["null", [null, null]],
    ["absent", undefined],
    ["named", ["stable_diffusion", "StableDiffusionSafetyChecker"]],
  ])("a safety checker that is %s is not looked for", async (_what, entry) => {
    const images: Float32Array[] = [];
    for (const isThere of [true, false]) {
      const files = await changedRepository("sd15-legacy-bin-tiny", {
        "model_index.json": withFields({ safety_checker: entry }),
        ...(isThere
          ? {}
          : { "safety_checker/config.json": undefined, "safety_checker/pytorch_model.bin": undefined }),
      });
      const pipe = await open(StableDiffusionPipeline.fromPretrained(files, load));
      images.push(await draw(pipe));
    }
    expect(images[0]).toEqual(images[1]);
  });

  it("a component of another class is named, with those that run", async () => {
    const index = withFields({ text_encoder: ["transformers", "T5EncoderModel"] });
    const files = await changedRepository("sd15-tiny", { "model_index.json": index });
    const error = await failure(StableDiffusionPipeline.fromPretrained(files, load));
    expect(error).toMatchObject({ code: "unsupported", problem: { found: "T5EncoderModel" } });
  });

  it.each<[string, string]>([
    ["tokenizer/vocab.json", "tokenizer"],
    ["tokenizer/merges.txt", "tokenizer"],
  ])("without %s: what is there is named", async (path, subject) => {
    const files = await changedRepository("sd15-tiny", { [path]: undefined });
    const error = await failure(StableDiffusionPipeline.fromPretrained(files, load));
    expect(error.problem?.subject).toContain(subject);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["sample_size", { sample_size: [12] }],
    ["attention_head_dim", { attention_head_dim: [2, 2, 2, 2, 2] }],
    ["attention_head_dim", { attention_head_dim: [2, 2] }],
    ["attention", { attention_head_dim: 3 }],
    ["num_attention_heads", { num_attention_heads: 8 }],
    ["class_embed_type", { class_embed_type: "timestep" }],
    ["down_block_types", { down_block_types: ["KDownBlock2D", "DownBlock2D", "DownBlock2D", "DownBlock2D"] }],
    ["block_out_channels", { block_out_channels: [] }],
  ])("a UNet with another %s is refused before its weights are read: %j", async (subject, fields) => {
    const files = await changedRepository("sd15-tiny", {
      "unet/config.json": withFields(fields),
      "unet/diffusion_pytorch_model.safetensors": "damaged",
    });
    const error = await failure(StableDiffusionPipeline.fromPretrained(files, load));
    expect(`${error.problem?.subject} ${error.problem?.remedy}`).toContain(subject);
  });

  it("sample_size of height and width is the default size", async () => {
    const files = await changedRepository("sd15-tiny", {
      "unet/config.json": withFields({ sample_size: [12, 20] }),
    });
    const pipe = await open(StableDiffusionPipeline.fromPretrained(files, load));
    expect(pipe.defaultSize).toEqual({ height: 96, width: 160 });
  });

  it("the scaling factor is that of the autoencoder in use", async () => {
    const without = await changedRepository("sdxl-tiny", {
      "vae/config.json": withFields({ scaling_factor: undefined }),
    });
    const pipe = await open(StableDiffusionXLPipeline.fromPretrained(without, load));
    const same = await changedRepository("sdxl-tiny", {
      "vae/config.json": withFields({ scaling_factor: 0.18215 }),
    });
    const other = await open(StableDiffusionXLPipeline.fromPretrained(same, load));
    expect(await draw(pipe)).toEqual(await draw(other));
    expect(await draw(pipe)).not.toEqual(await draw(await sdxl));
    for (const value of [0, "0.13025", null]) {
      const wrong = await changedRepository("sdxl-tiny", {
        "vae/config.json": withFields({ scaling_factor: value }),
      });
      const error = await failure(StableDiffusionXLPipeline.fromPretrained(wrong, load));
      expect(error).toBeInstanceOf(InvalidConfigError);
    }
  });

  it("a refiner has the second text encoder alone, and is told a score", async () => {
    const files = await changedRepository("sdxl-tiny", {
      "model_index.json": withFields({
        _class_name: "StableDiffusionXLImg2ImgPipeline",
        text_encoder: [null, null],
        tokenizer: [null, null],
        requires_aesthetics_score: true,
      }),
    });
    const error = await failure(
      StableDiffusionXLImg2ImgPipeline.fromPretrained(files, load).then(async (pipe) => {
        disposals.push(() => pipe.dispose());
        return pipe.generate({
          prompt: fox,
          image: Tensor.zeros([1, 3, 64, 64]),
          numInferenceSteps: 4,
          strength: 0.5,
        });
      }),
    );
    // The UNet of the small repository is not a refiner's: its width is named, and nothing is dereferenced that is not there.
    expect(error).toBeInstanceOf(InvalidArgumentError);
  });

  it("numbers that are not finite are found, and where", async () => {
    const { tensors, metadata } = await readSafetensorsContent(
      "sd15-tiny/unet/diffusion_pytorch_model.safetensors",
    );
    const bias = tensors.get("conv_out.bias") as { bytes: Uint8Array };
    bias.bytes.set(new Uint8Array(new Float32Array([Number.POSITIVE_INFINITY]).buffer));
    const files = await changedRepository("sd15-tiny", {
      "unet/diffusion_pytorch_model.safetensors": writeSafetensorsContent({ tensors, metadata }),
    });
    const pipe = await open(StableDiffusionPipeline.fromPretrained(files, load));
    const error = await failure(draw(pipe));
    expect(error.problem?.subject).toContain("step 1");
  });
});

describe("files of adapters", () => {
  const kohya = "lora-tiny-kohya/tiny_style.safetensors";

  async function loadChanged(change: (content: SafetensorsContent) => void, path = kohya): Promise<string> {
    const content = await readSafetensorsContent(path);
    change(content);
    return (await sd15).loadLoraWeights(await loraFile(content));
  }

  afterEach(async () => (await sd15).unloadLoraWeights());

  it.each<[string, (name: string) => string]>([
    ["LoHa", (name) => name.replace("lora_down.weight", "hada_w1_a")],
    ["LoKr", (name) => name.replace("lora_down.weight", "lokr_w1")],
    ["lora_mid", (name) => name.replace("lora_down", "lora_mid")],
    ["DoRA", (name) => name.replace(".alpha", ".dora_scale")],
    ["diff", (name) => name.replace(".alpha", ".diff_b")],
  ])("%s is refused by its name, and the model is as it was", async (algorithm, rename) => {
    const before = await draw(await sd15);
    const error = await failure(
      loadChanged(({ tensors }) => {
        for (const [name, tensor] of [...tensors]) {
          tensors.delete(name);
          tensors.set(rename(name), tensor);
        }
      }),
    );
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.problem?.found).toContain(algorithm);
    expect(await draw(await sd15)).toEqual(before);
  });

  it.each<[string, (name: string) => string]>([
    ["lora.unet_", (name) => name.replace("lora_unet_", "lora.unet_")],
    ["model.", (name) => `model.${name}`],
  ])("names that begin with %s match nothing, which is an error", async (_what, rename) => {
    const error = await failure(
      loadChanged(({ tensors }) => {
        for (const [name, tensor] of [...tensors]) {
          tensors.delete(name);
          tensors.set(rename(name), tensor);
        }
      }),
    );
    expect(error).toBeInstanceOf(InvalidArgumentError);
  });

  it("an empty file is refused", async () => {
    expect(await failure(loadChanged(({ tensors }) => tensors.clear()))).toBeInstanceOf(CheckpointError);
  });

  it("one matrix of two is refused", async () => {
    const first = "lora_unet_conv_in";
    const error = await failure(
      loadChanged(({ tensors }) => {
        const name = [...tensors.keys()].find((key) => key.endsWith("lora_up.weight"));
        tensors.delete(name ?? first);
      }),
    );
    expect(error).toBeInstanceOf(CheckpointError);
  });

  it("the order of names does not matter, nor bfloat16", async () => {
    await loadChanged(() => undefined);
    const before = await draw(await sd15);
    (await sd15).unloadLoraWeights();
    await loadChanged(({ tensors }) => {
      const reversed = [...tensors].reverse();
      tensors.clear();
      for (const [name, tensor] of reversed) tensors.set(name, tensor);
    });
    expect(await draw(await sd15)).toEqual(before);
  });

  it("without alpha the scale of a module is 1, whatever its rank", async () => {
    const plain = "lora-tiny-diffusers/pytorch_lora_weights.safetensors";
    const strip = (content: SafetensorsContent): void => {
      for (const key of Object.keys(content.metadata ?? {})) delete content.metadata?.[key];
    };
    await loadChanged(strip, plain);
    const first = await draw(await sd15);
    (await sd15).unloadLoraWeights();
    await loadChanged((content) => {
      strip(content);
      const { tensors } = content;
      const reversed = [...tensors].reverse();
      tensors.clear();
      for (const [name, tensor] of reversed) tensors.set(name, tensor);
    }, plain);
    expect(await draw(await sd15)).toEqual(first);
  });
});
