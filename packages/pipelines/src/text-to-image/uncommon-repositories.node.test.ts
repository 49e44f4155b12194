import { readFile } from "node:fs/promises";
import { InvalidArgumentError, InvalidConfigError, OnestepError, Tensor } from "@onestep/core";
import { AutoencoderKL, AutoencoderTiny, UNet2DConditionModel } from "@onestep/models";
import { describe, expect, it } from "vitest";
import {
  changedRepository,
  type FileChange,
  readSafetensorsContent,
  type SafetensorsContent,
  withFields,
  writeSafetensorsContent,
} from "./__fixtures__/changed-repository.ts";
import { textFile } from "./__fixtures__/golden-call.ts";
import { draw, failure, fox, load, open, sd15, sdxl, warnings } from "./__fixtures__/small-pipelines.ts";
import { StableDiffusionPipeline } from "./stable-diffusion-pipeline.ts";
import {
  StableDiffusionXLImg2ImgPipeline,
  StableDiffusionXLPipeline,
} from "./stable-diffusion-xl-pipeline.ts";

type Changes = Parameters<typeof changedRepository>[1];

function openChanged(name: string, changes: Changes, options: object = {}) {
  const loading = changedRepository(name, changes).then((folder) =>
    StableDiffusionPipeline.fromPretrained(folder, { ...load, ...options }),
  );
  return open(loading);
}

/** A safetensors file with one of its arrays changed. */
async function withArray(
  path: string,
  change: (tensors: SafetensorsContent["tensors"]) => void,
): Promise<Uint8Array> {
  const content = await readSafetensorsContent(path);
  change(content.tensors);
  return writeSafetensorsContent(content);
}

/** The first columns of a float32 matrix. */
function narrow(
  entry: SafetensorsContent["tensors"] extends Map<string, infer E> ? E : never,
  width: number,
) {
  const [rows = 0, columns = 0] = entry.shape;
  const data = new Float32Array(Uint8Array.from(entry.bytes).buffer);
  const kept = Float32Array.from(
    { length: rows * width },
    (_, index) => data[Math.floor(index / width) * columns + (index % width)] as number,
  );
  return { dtype: "F32", shape: [rows, width], bytes: new Uint8Array(kept.buffer) };
}

describe("lengths of texts", () => {
  const config = "tokenizer/tokenizer_config.json";
  it.each([0, "77", 1e30])("a model_max_length of %j is that of the text encoder", async (length) => {
    const pipe = await openChanged("sd15-tiny", { [config]: withFields({ model_max_length: length }) });
    expect(await draw(pipe)).toEqual(await draw(await sd15));
  });
});

describe("variants", () => {
  const half = "diffusion_pytorch_model.fp16.safetensors";
  const whole = "diffusion_pytorch_model.safetensors";
  const both = Promise.all([
    open(StableDiffusionPipeline.fromPretrained(textFile("sd-turbo-tiny/"), load)),
    open(StableDiffusionPipeline.fromPretrained(textFile("sd-turbo-tiny/"), { ...load, variant: "fp16" })),
  ]);

  it("plain safetensors come before torch files of the variant", async () => {
    const [plain] = await both;
    const files = { [`unet/${half}`]: undefined, "unet/diffusion_pytorch_model.fp16.bin": "not read" };
    const pipe = await openChanged("sd-turbo-tiny", files, { variant: "fp16" });
    const unet = await draw(
      StableDiffusionPipeline.fromPipe(pipe, { textEncoder: plain.textEncoder, vae: plain.vae }),
    );
    expect(unet).toEqual(await draw(plain));
  });

  it("an index of float32 shards beside a whole file of the variant: each is read for what it is", async () => {
    const [plain, variant] = await both;
    const bytes = await readFile(textFile(`sd-turbo-tiny/unet/${whole}`));
    const { tensors } = await readSafetensorsContent(`sd-turbo-tiny/unet/${whole}`);
    const names = [...tensors.keys()];
    const shard = "diffusion_pytorch_model-00001-of-00001.safetensors";
    const files = {
      [`unet/${whole}`]: undefined,
      [`unet/${shard}`]: new Uint8Array(bytes),
      [`unet/${whole}.index.json`]: JSON.stringify({
        metadata: { total_size: bytes.length },
        weight_map: Object.fromEntries(names.map((name) => [name, shard])),
      }),
    };
    expect(await draw(await openChanged("sd-turbo-tiny", files))).toEqual(await draw(plain));
    const pipe = await openChanged("sd-turbo-tiny", files, { variant: "fp16" });
    expect(await draw(pipe)).toEqual(await draw(variant));
    expect(await draw(variant)).not.toEqual(await draw(plain));
  });

  it.each<[string, Changes, string | undefined]>([
    ["the text encoder alone has a variant only", { "text_encoder/model.safetensors": undefined }, undefined],
    ["another case", {}, "FP16"],
    ["another one", {}, "bf16"],
    ["a variant of plain files", { "unet/a": "b" }, "ema"],
  ])("%s: refused, and what there is is named", async (_what, changes, variant) => {
    const error = await failure(openChanged("sd-turbo-tiny", changes, { variant }));
    expect(error.message).toContain("fp16");
  });
});

describe("autoencoders", () => {
  it("without a scaling_factor in an XL repository: a warning", async () => {
    const files = await changedRepository("sdxl-tiny", {
      "vae/config.json": withFields({ scaling_factor: undefined }),
    });
    await open(StableDiffusionXLPipeline.fromPretrained(files, load));
    expect(warnings.filter((message) => message.includes("0.13025"))).toHaveLength(1);
  });

  it("of XL in another pipeline, and of Stable Diffusion in XL, bring their own factor and size", async () => {
    const tiny = await open(
      AutoencoderTiny.fromPretrained(textFile("sd15-taesd-tiny/"), { ...load, subfolder: "vae" }),
    );
    const small = await open(
      AutoencoderKL.fromPretrained(textFile("lcm-tiny/"), { ...load, subfolder: "vae" }),
    );
    const own = await sd15;
    expect(small.scaleFactor).toBe(4);
    for (const vae of [tiny, small]) {
      const pipe = StableDiffusionPipeline.fromPipe(own, { vae });
      const { sampleSize } = own.unet.config;
      expect(pipe.defaultSize.height).toBe((sampleSize as number) * vae.scaleFactor);
      const { images } = await pipe.generate({
        prompt: fox,
        height: 64,
        width: 96,
        seed: 0,
        numInferenceSteps: 1,
        outputType: "tensor",
      });
      expect(images.shape).toEqual([1, 3, 64, 96]);
      const { images: latents } = await pipe.generate({
        prompt: fox,
        height: 64,
        width: 96,
        seed: 0,
        numInferenceSteps: 1,
        outputType: "latent",
      });
      expect(latents.shape).toEqual([1, 4, 64 / vae.scaleFactor, 96 / vae.scaleFactor]);
      const { sample } = await vae.decode(latents.div(vae.config.scalingFactor));
      expect(images.data).toEqual(sample.div(2).add(0.5).clamp(0, 1).data);
    }
  });

  it("with means and deviations of latents: XL pipelines read them, others do not", async () => {
    const statistics = { latents_mean: [0.1, -0.2, 0.3, 0], latents_std: [1.5, 0.5, 1, 2] };
    const files = await changedRepository("sdxl-tiny", { "vae/config.json": withFields(statistics) });
    const pipe = await open(StableDiffusionXLPipeline.fromPretrained(files, load));
    const plain = await sdxl;
    const { images: latents } = await pipe.generate({
      prompt: fox,
      seed: 0,
      numInferenceSteps: 2,
      height: 64,
      width: 64,
      outputType: "latent",
    });
    const plane = latents.size / 4;
    const mapped = latents.data.map((value, index) => {
      const channel = Math.floor(index / plane);
      const spread = value * (statistics.latents_std[channel] as number);
      return spread / plain.vae.config.scalingFactor + (statistics.latents_mean[channel] as number);
    });
    const { sample } = await plain.vae.decode(new Tensor("float32", mapped, latents.shape));
    const expected = sample.div(2).add(0.5).clamp(0, 1).data;
    const found = await draw(pipe);
    expect(
      Math.max(...found.map((value, index) => Math.abs(value - (expected[index] as number)))),
    ).toBeLessThan(1e-5);
    expect(found).not.toEqual(await draw(plain));
    const other = await openChanged("sd15-tiny", { "vae/config.json": withFields(statistics) });
    expect(await draw(other)).toEqual(await draw(await sd15));
    // From image to image, the way back is the inverse.
    const img2img = StableDiffusionXLImg2ImgPipeline.fromPipe(pipe);
    const image = Tensor.zeros([1, 3, 64, 64]).add(0.4);
    const options = {
      prompt: fox,
      image,
      seed: 0,
      numInferenceSteps: 10,
      strength: 0.1,
      outputType: "tensor",
    } as const;
    expect((await img2img.generate(options)).images.data.every(Number.isFinite)).toBe(true);
  });
});

describe("fields of the UNet", () => {
  it.each<[string, Record<string, unknown>]>([
    ["sample_size", { sample_size: [12] }],
    ["sample_size", { sample_size: "16" }],
    ["sample_size", { sample_size: [12, 20, 3] }],
    ["sample_size", { sample_size: 0 }],
    ["attention_head_dim", { attention_head_dim: [2, 2, 2, 2, 2] }],
    ["attention_head_dim", { attention_head_dim: 0 }],
    ["cross_attention_dim", { cross_attention_dim: [24, 24] }],
  ])("another %s is refused: %j", async (subject, fields) => {
    const error = await failure(openChanged("sd15-tiny", { "unet/config.json": withFields(fields) }));
    expect(error).toBeInstanceOf(OnestepError);
    expect(`${error.problem?.subject} ${error.problem?.remedy}`).toContain(subject);
  });

  it("a sample_size of null is 64", async () => {
    const pipe = await openChanged("sd15-tiny", { "unet/config.json": withFields({ sample_size: null }) });
    expect(pipe.defaultSize).toEqual({ height: 512, width: 512 });
  });
});

describe("a refiner", () => {
  /** A UNet of the width of the second text encoder, which takes a score in place of a target size. */
  async function refiner(): Promise<Record<string, FileChange | ((text: string) => FileChange)>> {
    const config = JSON.parse(await readFile(textFile("sdxl-tiny/unet/config.json"), "utf8"));
    const pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim;
    const width = pooled + 5 * config.addition_time_embed_dim;
    const weights = await withArray("sdxl-tiny/unet/diffusion_pytorch_model.safetensors", (tensors) => {
      for (const [name, entry] of tensors) {
        if (/attn2\.to_[kv]\.weight$/.test(name)) tensors.set(name, narrow(entry, 24));
        if (name === "add_embedding.linear_1.weight") tensors.set(name, narrow(entry, width));
      }
    });
    return {
      "model_index.json": withFields({
        _class_name: "StableDiffusionXLImg2ImgPipeline",
        text_encoder: [null, null],
        tokenizer: [null, null],
        requires_aesthetics_score: true,
      }),
      "unet/config.json": withFields({
        cross_attention_dim: 24,
        projection_class_embeddings_input_dim: width,
      }),
      "unet/diffusion_pytorch_model.safetensors": weights,
    };
  }

  it("runs with the second text encoder alone, and adapters for the first are refused", async () => {
    const folder = await changedRepository("sdxl-tiny", await refiner());
    const pipe = await open(StableDiffusionXLImg2ImgPipeline.fromPretrained(folder, load));
    const image = Tensor.zeros([1, 3, 64, 64]).add(0.4);
    const options = {
      prompt: fox,
      image,
      seed: 0,
      numInferenceSteps: 4,
      strength: 0.5,
      outputType: "tensor",
    } as const;
    const first = await pipe.generate(options);
    expect(first.images.shape).toEqual([1, 3, 64, 64]);
    const other = await pipe.generate({ ...options, aestheticScore: 2, negativeAestheticScore: 9 });
    expect(other.images.data).not.toEqual(first.images.data);
    const prompted = await pipe.generate({ ...options, prompt: "a quiet harbor" });
    expect(prompted.images.data).not.toEqual(first.images.data);
    const inversion = textFile("textual-inversion-tiny/one-vector");
    await expect(pipe.loadTextualInversion(inversion)).rejects.toThrow(InvalidArgumentError);
    const lora = textFile("lora-tiny-sdxl-kohya/tiny_xl.safetensors");
    await expect(pipe.loadLoraWeights(lora)).rejects.toThrow(/the pipeline has no text_encoder/);
    expect((await pipe.generate(options)).images.data).toEqual(first.images.data);
  });

  it("without a second text encoder is refused by name", async () => {
    const index = withFields({ text_encoder_2: [null, null] });
    const folder = await changedRepository("sdxl-tiny", { "model_index.json": index });
    const error = await failure(StableDiffusionXLPipeline.fromPretrained(folder, load));
    expect(error).toBeInstanceOf(InvalidConfigError);
    expect(error.message).toContain("text_encoder_2");
  });
});

describe("numbers that are not finite", () => {
  const infinite = (name: string) => (tensors: SafetensorsContent["tensors"]) => {
    const entry = tensors.get(name);
    if (entry === undefined) throw new Error(name);
    const data = new Float32Array(Uint8Array.from(entry.bytes).buffer);
    data[0] = Number.POSITIVE_INFINITY;
    tensors.set(name, { ...entry, bytes: new Uint8Array(data.buffer) });
  };
  const unet = "unet/diffusion_pytorch_model.safetensors";
  const vae = "vae/diffusion_pytorch_model.safetensors";
  const text = "text_encoder/model.safetensors";

  it.each([
    [text, "text_model.final_layer_norm.bias", "textEncoder", false],
    [text, "text_model.encoder.layers.0.mlp.fc1.bias", "textEncoder", false],
    [unet, "conv_in.bias", "step 1", false],
    [vae, "decoder.conv_out.bias", "vae", false],
    [vae, "encoder.conv_out.bias", "vae", true],
  ])("in %s, %s: found in the %s", async (path, name, subject, isFromImage) => {
    const folder = await changedRepository("sd15-tiny", {
      [path]: await withArray(`sd15-tiny/${path}`, infinite(name)),
    });
    const { StableDiffusionImg2ImgPipeline } = await import("./stable-diffusion-pipeline.ts");
    const pipe = await open(StableDiffusionPipeline.fromPretrained(folder, load));
    const image = Tensor.zeros([1, 3, 64, 64]).add(0.4);
    const run = isFromImage
      ? StableDiffusionImg2ImgPipeline.fromPipe(pipe).generate({
          prompt: fox,
          image,
          strength: 0.5,
          numInferenceSteps: 4,
        })
      : draw(pipe);
    const error = await failure(run);
    expect(error.code).toBe("image");
    expect(error.problem?.subject).toContain(subject);
  });

  it("in embeddings that are given: refused before the model runs", async () => {
    const promptEmbeds = Tensor.zeros([1, 77, 24]);
    promptEmbeds.data[5] = Number.NaN;
    const error = await failure((await sd15).generate({ promptEmbeds, numInferenceSteps: 1 }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.problem?.subject).toBe("promptEmbeds");
  });
});

it("UNets of another pipeline are refused by what does not fit", async () => {
  const unet = await open(
    UNet2DConditionModel.fromPretrained(textFile("sd2-tiny/"), { ...load, subfolder: "unet" }),
  );
  const mixed = StableDiffusionPipeline.fromPipe(await sd15, { unet });
  const error = await failure(draw(mixed));
  expect(error).toBeInstanceOf(InvalidArgumentError);
});
