import { InvalidConfigError, UnsupportedError } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { downBlockTypes, upBlockTypes } from "./blocks.ts";
import { listUNet2DModelWeights } from "./unet-2d-model.ts";
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

const skip = {
  down_block_types: ["SkipDownBlock2D", "SkipDownBlock2D"],
  up_block_types: ["SkipUpBlock2D", "SkipUpBlock2D"],
};
const attentionSkip = ["AttnSkipDownBlock2D", "SkipDownBlock2D"];
const k = {
  down_block_types: ["KDownBlock2D", "KDownBlock2D"],
  up_block_types: ["KUpBlock2D", "KUpBlock2D"],
};
const three = {
  block_out_channels: [32, 32, 32],
  down_block_types: ["DownBlock2D", "DownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "UpBlock2D", "UpBlock2D"],
};

function read(changes: object): UNet2DModelConfig {
  const text = JSON.stringify({ ...small, ...changes });
  return unet2DModelConfigSchema.fromJson(parsePythonJson(text, "config.json"), "config.json");
}

const refused = (changes: object): (() => void) => {
  return () => void listUNet2DModelWeights(read(changes));
};

describe("a config of UNet2DModel", () => {
  it("accepts what has no effect, or fits by chance", () => {
    expect(refused({ downsample_padding: 2 })).not.toThrow();
    expect(refused({ ...skip, norm_num_groups: null })).not.toThrow();
    expect(refused({ ...k, norm_num_groups: null })).not.toThrow();
    const even = { ...k, block_out_channels: [64, 64] };
    expect(refused({ ...even, up_block_types: ["KUpBlock2D", "UpBlock2D"] })).not.toThrow();
    expect(refused({ dropout: 0.5, num_train_timesteps: 10 })).not.toThrow();
  });

  it("accepts a consistency model's configuration", () => {
    expect(refused({})).not.toThrow();
    expect(refused({ sample_size: [32, 64], mid_block_type: null })).not.toThrow();
    expect(refused({ attention_head_dim: 48 })).not.toThrow();
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
      /down_blocks\.1\.resnets\.0\.norm2: .* found 72 channels, expected a multiple of 32, .*block_out_channels\[1\].*norm_num_groups/,
    ],
    [
      "channels without room for a head",
      { attention_head_dim: 65 },
      /down_blocks\.1\.attentions\.0: .*found 64 channels, expected at least 65, .*block_out_channels\[1\].*attention_head_dim/,
    ],
    [
      "channels not divisible by the middle block's groups",
      { attn_norm_num_groups: 24 },
      /mid_block\.attentions\.0\.group_norm: .*expected a multiple of 24, .*attn_norm_num_groups/,
    ],
    [
      "a size that cannot be halved",
      { sample_size: 33 },
      /sample_size: found 33×33, expected multiples of 2, since 1 blocks halve/,
    ],
    ["no size", { sample_size: null }, /sample_size: found null, expected a positive integer/],
    ["a height of 0", { sample_size: [0, 4] }, /sample_size: found \[0,4\], expected a positive/],
    ["a size of three numbers", { sample_size: [4, 4, 4] }, /sample_size: found \[4,4,4\]/],
    [
      "more layers than memory holds",
      { layers_per_block: 1_000_000_000 },
      /layers_per_block: found 1000000000 in each of 2 blocks, expected at most 1000 layers in all/,
    ],
    ["no layers", { layers_per_block: 0 }, /layers_per_block: found 0, expected a number above 0/],
    ["negative channels", { in_channels: -3 }, /in_channels: found -3/],
    ["zero groups", { norm_num_groups: 0 }, /norm_num_groups: found 0/],
    ["no classes", { num_class_embeds: 0 }, /num_class_embeds: found 0/],
    ["an epsilon of 0", { norm_eps: 0 }, /norm_eps: found 0/],
    [
      "a learned time embedding without its number of timesteps",
      { time_embedding_type: "learned" },
      /num_train_timesteps: found null for a learned time embedding, expected the number of timesteps/,
    ],
    [
      "a shift that leaves no frequencies to divide by",
      { freq_shift: 16 },
      /freq_shift: found 16 for 16 frequencies, expected another number/,
    ],
    [
      "no groups for blocks that have none of their own",
      { ...skip, norm_num_groups: null, down_block_types: ["SkipDownBlock2D", "DownBlock2D"] },
      /norm_num_groups: found null for a DownBlock2D, expected a number of groups/,
    ],
    [
      "channels that a skip block does not divide",
      { ...skip, block_out_channels: [64, 200], norm_num_groups: 8 },
      /down_blocks\.1\.resnets\.0\.norm2: .*found 200 channels, expected a multiple of 32, .*block_out_channels\[1\]/,
    ],
    [
      "channels too few for a skip block",
      { ...skip, block_out_channels: [2, 64], norm_num_groups: 2 },
      /down_blocks\.0\.resnets\.0\.norm1: .*found 2 channels, expected a multiple of 0, .*block_out_channels\[0\]/,
    ],
    [
      "sums of channels that a skip block on the way up does not divide",
      { ...skip, block_out_channels: [48, 96], norm_num_groups: 8 },
      /up_blocks\.0\.resnets\.2\.norm1: .*found 144 channels, expected a multiple of 32, .*up_block_types\[0\]/,
    ],
    [
      "channels that the attention of a skip block does not divide",
      { ...skip, block_out_channels: [16, 32], norm_num_groups: 8, down_block_types: attentionSkip },
      /down_blocks\.0\.attentions\.0\.group_norm: .*found 16 channels, expected a multiple of 32, .*block_out_channels\[0\]/,
    ],
    [
      "channels that a k block does not divide",
      { ...k, block_out_channels: [16, 64], norm_num_groups: 8 },
      /down_blocks\.0\.resnets\.0\.norm1: .*found 16 channels, expected a multiple of 0, .*block_out_channels\[0\]/,
    ],
    [
      "a skip block after another",
      { ...three, down_block_types: ["DownBlock2D", "SkipDownBlock2D", "DownBlock2D"] },
      /down_blocks\.1: add: found \[batch, 32, height\/2, width\/2\] and \[batch, 32, height\/4.*down_block_types\[1\]/,
    ],
    [
      "a skip block before another on the way up",
      { ...three, up_block_types: ["UpBlock2D", "SkipUpBlock2D", "UpBlock2D"] },
      /add: found \[batch, 3, height, width\] and \[batch, 3, height\/2, width\/2\]/,
    ],
    [
      "skip blocks for one channel",
      { ...skip, in_channels: 1 },
      /in_channels: found 1 for a model with skip/,
    ],
    [
      "skip blocks to six channels",
      { ...skip, out_channels: 6 },
      /out_channels: found 6 for a model with skip/,
    ],
    [
      "k blocks down and others up",
      { ...k, up_block_types: ["UpBlock2D", "UpBlock2D"] },
      /up_blocks\.0: concat: found \[batch, 64, height\/2, width\/2\] and \[batch, 32, height, width\].*up_block_types\[0\]/,
    ],
    [
      "another block after a k block, of other channels",
      { ...k, up_block_types: ["KUpBlock2D", "UpBlock2D"] },
      /up_blocks\.1: UpBlock2D: found 32 channels, .* expected 64 channels.* use them in both lists or in none/,
    ],
    [
      "a padding that does not halve",
      { down_block_types: ["DownBlock2D", "AttnDownBlock2D"], downsample_padding: 2 },
      /down_blocks\.0\.downsamplers\.0: conv2d .*expected padding such that the stride divides height and width: stride 2.*downsample_padding/,
    ],
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
    ["a number as flag", { add_attention: 2 }, /add_attention: found 2, expected true or false/],
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
    [
      "a block of an autoencoder",
      { down_block_types: ["DownEncoderBlock2D", "AttnDownBlock2D"] },
      /down_block_types: found DownEncoderBlock2D, expected one of DownBlock2D, .* in diffusers either/,
    ],
    [
      "a block with cross attention",
      { up_block_types: ["AttnUpBlock2D", "CrossAttnUpBlock2D"] },
      /up_block_types: found CrossAttnUpBlock2D/,
    ],
    [
      "norms that depend on the place",
      { resnet_time_scale_shift: "spatial" },
      /resnet_time_scale_shift: found spatial, expected one of default, scale_shift/,
    ],
    [
      "an inherited name as block",
      { up_block_types: ["AttnUpBlock2D", "toString"] },
      /up_block_types: found toString/,
    ],
  ])("says that it does not build %s", (_what, changes, message) => {
    expect(refused(changes)).toThrow(UnsupportedError);
    expect(refused(changes)).toThrow(message);
  });

  it("leaves nothing to be found while the graph is built, whatever the blocks", () => {
    const blocks = fc.integer({ min: 1, max: 3 }).chain((count) => {
      const list = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
        fc.array(values, { minLength: count, maxLength: count });
      return fc.record({
        block_out_channels: list(fc.constantFrom(8, 15, 16, 32, 48, 64, 96)),
        down_block_types: list(fc.constantFrom(...Object.keys(downBlockTypes), "CrossAttnDownBlock2D")),
        up_block_types: list(fc.constantFrom(...Object.keys(upBlockTypes))),
      });
    });
    const others = fc.record({
      sample_size: fc.constantFrom(1, 4, 8, 12, [8, 4]),
      layers_per_block: fc.constantFrom(1, 2),
      in_channels: fc.constantFrom(3, 3, 1),
      out_channels: fc.constantFrom(3, 3, 1),
      attention_head_dim: fc.constantFrom(null, 4, 12, 40),
      norm_num_groups: fc.constantFrom(null, 4, 8),
      attn_norm_num_groups: fc.constantFrom(null, 4, 7),
      downsample_padding: fc.constantFrom(0, 1, 2),
      downsample_type: fc.constantFrom("conv", "resnet", null),
      resnet_time_scale_shift: fc.constantFrom("default", "scale_shift"),
      mid_block_type: fc.constantFrom("UNetMidBlock2D", null),
    });
    let accepted = 0;
    const property = fc.property(blocks, others, (first, second) => {
      try {
        listUNet2DModelWeights(read({ ...first, ...second }));
        accepted += 1;
      } catch (error) {
        expect(InvalidConfigError.isInstance(error) || UnsupportedError.isInstance(error), `${error}`).toBe(
          true,
        );
      }
    });
    fc.assert(property, { numRuns: 500, seed: 1 });
    expect(accepted).toBeGreaterThan(10);
  });
});
