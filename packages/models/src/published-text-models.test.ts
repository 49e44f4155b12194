import type { PythonJson } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { specialise } from "@onestep/graph";
import { type Device, largestArrayBytes } from "@onestep/runtime";
import { describe, expect, it } from "vitest";
import { AutoencoderKL } from "./autoencoder-kl/autoencoder-kl.ts";
import { CLIPTextModel, CLIPTextModelWithProjection } from "./clip-text/clip-text-model.ts";
import { defineMethods, defineModel, listWeights, type ModelDefinition } from "./definition.ts";
import { UNet2DConditionModel } from "./unet-2d-condition/unet-2d-condition-model.ts";

const unet: PythonJson = { sample_size: 64, cross_attention_dim: 768 };
const small: PythonJson = { ...unet, layers_per_block: 1, mid_block_type: null };
const xl: PythonJson = {
  sample_size: 128,
  down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
  block_out_channels: [320, 640, 1280],
  attention_head_dim: [5, 10, 20],
  cross_attention_dim: 2048,
  use_linear_projection: true,
  transformer_layers_per_block: [1, 2, 10],
  addition_embed_type: "text_time",
  addition_time_embed_dim: 256,
  projection_class_embeddings_input_dim: 2816,
};
const text = { vocab_size: 49408, max_position_embeddings: 77 };
const clipL: PythonJson = {
  ...text,
  ...{ hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 },
  projection_dim: 768,
};

const autoencoder: PythonJson = {
  down_block_types: Array<string>(4).fill("DownEncoderBlock2D"),
  up_block_types: Array<string>(4).fill("UpDecoderBlock2D"),
  ...{ block_out_channels: [128, 256, 512, 512], layers_per_block: 2, sample_size: 512 },
};

function countParameters<Values extends object>(
  definition: ModelDefinition<Values>,
  json: PythonJson,
): number {
  const graphs = defineMethods(definition, definition.configSchema.fromJson(json, "config.json"));
  return listWeights(...graphs.values()).reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

// The counts are those of the published files; the configs name what differs from diffusers' defaults.
describe("models of published text-to-image repositories", () => {
  it.each<[string, PythonJson, number]>([
    ["Stable Diffusion 1.5", unet, 859_520_964],
    ["LCM_Dreamshaper_v7", { ...unet, sample_size: 96, time_cond_proj_dim: 256 }, 859_602_884],
    [
      "sd-turbo",
      {
        ...unet,
        attention_head_dim: [5, 10, 20, 20],
        cross_attention_dim: 1024,
        use_linear_projection: true,
      },
      865_910_724,
    ],
    ["sdxl-turbo", xl, 2_567_463_684],
    ["lcm-sdxl", { ...xl, time_cond_proj_dim: 256 }, 2_567_545_604],
    ["bk-sdm-small", small, 482_346_884],
    [
      "tiny-sd",
      {
        ...small,
        down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
        block_out_channels: [320, 640, 1280],
      },
      323_384_964,
    ],
  ])("have the parameters of the UNet of %s", (_name, json, count) => {
    expect(countParameters(UNet2DConditionModel.definition, json)).toBe(count);
  });

  it("have the parameters of the text encoders", () => {
    expect(countParameters(CLIPTextModel.definition, clipL)).toBe(123_060_480);
    const openClipH: PythonJson = {
      ...text,
      ...{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 23, num_attention_heads: 16 },
      ...{ hidden_act: "gelu", projection_dim: 512 },
    };
    expect(countParameters(CLIPTextModel.definition, openClipH)).toBe(340_387_840);
    const openClipBigG: PythonJson = {
      ...text,
      ...{ hidden_size: 1280, intermediate_size: 5120, num_hidden_layers: 32, num_attention_heads: 20 },
      ...{ hidden_act: "gelu", projection_dim: 1280 },
    };
    expect(countParameters(CLIPTextModelWithProjection.definition, openClipBigG)).toBe(694_659_840);
  });

  it("have the parameters of the autoencoder of Stable Diffusion", () => {
    expect(countParameters(AutoencoderKL.definition, autoencoder)).toBe(83_653_863);
  });
});

describe("the largest array of one image, in bytes", () => {
  const largest = <Values extends object>(
    definition: ModelDefinition<Values>,
    json: PythonJson,
    { device, pixels }: { readonly device: Device; readonly pixels: number },
  ): number => {
    const config = definition.configSchema.fromJson(json, "config.json");
    const symbols = { batch: 1, tokens: 77, height: pixels / 8, width: pixels / 8 };
    const graph = specialise(defineModel(definition, config), { dtype: "float32", symbols });
    return largestArrayBytes(graph, device);
  };

  // All scores of the UNet's first attention at once would be 8 · (pixels / 8)⁴ · 4 bytes: 537 MB, 2.7 GB and 8.6 GB.
  it.each<[number, number, number]>([
    [512, 67_108_864, 268_435_456],
    [768, 94_371_840, 603_979_776],
    [1024, 167_772_160, 1_073_741_824],
  ])("%d pixels squared: %d in the UNet, %d in the decoder", (pixels, inUNet, inDecoder) => {
    for (const device of ["wasm", "webgpu"] as const) {
      expect(largest(UNet2DConditionModel.definition, unet, { device, pixels })).toBe(inUNet);
      expect(largest(AutoencoderKL.definition, autoencoder, { device, pixels })).toBe(inDecoder);
    }
    // Flash attention holds no scores.
    const onCpu = largest(UNet2DConditionModel.definition, unet, { device: "cpu", pixels });
    expect(onCpu).toBe((pixels / 8) ** 2 * 2560 * 4);
  });
});
