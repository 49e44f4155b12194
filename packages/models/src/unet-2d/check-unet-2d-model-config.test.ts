import { InvalidConfigError, parsePythonJson, UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { checkUNet2DModelConfig } from "./check-unet-2d-model-config.ts";
import { type UNet2DModelConfig, unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

const small = {
  sample_size: 32,
  block_out_channels: [32, 64],
  attention_head_dim: 8,
  down_block_types: ["ResnetDownsampleBlock2D", "AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
  downsample_type: "resnet",
  upsample_type: "resnet",
};

function read(changes: object): UNet2DModelConfig {
  const text = JSON.stringify({ ...small, ...changes });
  return unet2DModelConfigSchema.fromJson(parsePythonJson(text, "config.json"), "config.json");
}

const refused = (changes: object): (() => void) => {
  return () => checkUNet2DModelConfig(read(changes));
};

describe("checkUNet2DModelConfig", () => {
  it("accepts a consistency model's configuration", () => {
    expect(refused({})).not.toThrow();
    expect(refused({ sample_size: [32, 64], mid_block_type: null })).not.toThrow();
  });

  it.each<[string, object, RegExp]>([
    [
      "lists of different lengths",
      { down_block_types: ["AttnDownBlock2D"] },
      /same number of `down_block_types` as `up_block_types`: found 1 \(AttnDownBlock2D\) and 2/,
    ],
    [
      "fewer channels than blocks",
      { block_out_channels: [32] },
      /same number of `block_out_channels` as `down_block_types`: found 1 \(32\) and 2/,
    ],
    [
      "no blocks",
      { block_out_channels: [], down_block_types: [], up_block_types: [] },
      /found an empty list/,
    ],
    [
      "channels not divisible by the groups",
      { block_out_channels: [32, 72], attention_head_dim: 8 },
      /block_out_channels\[1\]: found 72 channels, expected a multiple of norm_num_groups, 32/,
    ],
    [
      "channels not divisible by the head size",
      { attention_head_dim: 48 },
      /block_out_channels\[1\]: found 64 channels, expected a multiple of attention_head_dim, 48/,
    ],
    [
      "channels not divisible by the middle block's groups",
      { attn_norm_num_groups: 24 },
      /expected a multiple of attn_norm_num_groups, 24/,
    ],
    [
      "a size that cannot be halved",
      { sample_size: 33 },
      /sample_size: found 33×33, expected multiples of 2, since 1 blocks halve/,
    ],
    ["no size", { sample_size: null }, /sample_size: found null, expected a positive integer/],
    ["a height of 0", { sample_size: [0, 4] }, /sample_size: found \[0,4\], expected a positive/],
    ["a size of three numbers", { sample_size: [4, 4, 4] }, /sample_size: found \[4,4,4\]/],
    ["no layers", { layers_per_block: 0 }, /layers_per_block: found 0, expected a number above 0/],
    ["negative channels", { in_channels: -3 }, /in_channels: found -3/],
    ["zero groups", { norm_num_groups: 0 }, /norm_num_groups: found 0/],
    ["no classes", { num_class_embeds: 0 }, /num_class_embeds: found 0/],
    ["an epsilon of 0", { norm_eps: 0 }, /norm_eps: found 0/],
  ])("refuses %s", (_what, changes, message) => {
    expect(refused(changes)).toThrow(InvalidConfigError);
    expect(refused(changes)).toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    [
      "block_out_channels as text",
      { block_out_channels: "32" },
      /block_out_channels: found "32", expected a list/,
    ],
    ["a number as text", { in_channels: "3" }, /in_channels: found "3", expected an integer/],
    ["a fraction for a count", { layers_per_block: 1.5 }, /layers_per_block: found 1.5, expected an integer/],
    ["a time embedding nobody knows", { time_embedding_type: "x" }, /found "x", expected one of positional/],
    ["a number as flag", { add_attention: 1 }, /add_attention: found 1, expected true or false/],
  ])("refuses %s", (_what, changes, message) => {
    expect(() => read(changes)).toThrow(InvalidConfigError);
    expect(() => read(changes)).toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    [
      "an unknown block",
      { down_block_types: ["Foo", "AttnDownBlock2D"] },
      /down_block_types: found Foo, expected/,
    ],
    ["a Fourier embedding", { time_embedding_type: "fourier" }, /time_embedding_type: found fourier/],
    ["another activation", { act_fn: "mish" }, /act_fn: found mish/],
    [
      "an inherited name as block",
      { up_block_types: ["AttnUpBlock2D", "toString"] },
      /up_block_types: found toString/,
    ],
  ])("says that it does not build %s", (_what, changes, message) => {
    expect(refused(changes)).toThrow(UnsupportedError);
    expect(refused(changes)).toThrow(message);
  });
});
