import { InvalidArgumentError, InvalidConfigError, Tensor } from "@onestep/core";
import { CheckpointError } from "@onestep/models";
import { afterEach, describe, expect, it } from "vitest";
import {
  changedRepository,
  loraFile,
  readSafetensorsContent,
  type SafetensorsContent,
  withFields,
  writeSafetensorsContent,
} from "./__fixtures__/changed-repository.ts";
import { draw, failure, fox, load, open, sd15, sdxl, warnings } from "./__fixtures__/small-pipelines.ts";
import { StableDiffusionPipeline } from "./stable-diffusion-pipeline.ts";
import {
  StableDiffusionXLImg2ImgPipeline,
  StableDiffusionXLPipeline,
} from "./stable-diffusion-xl-pipeline.ts";

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

  it("a refiner has the second text encoder alone, and takes a score", async () => {
    const files = await changedRepository("sdxl-tiny", {
      "model_index.json": withFields({
        _class_name: "StableDiffusionXLImg2ImgPipeline",
        text_encoder: [null, null],
        tokenizer: [null, null],
        requires_aesthetics_score: true,
      }),
    });
    const error = await failure(
      StableDiffusionXLImg2ImgPipeline.fromPretrained(files, load).then(async (loaded) => {
        const pipe = await open(Promise.resolve(loaded));
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
