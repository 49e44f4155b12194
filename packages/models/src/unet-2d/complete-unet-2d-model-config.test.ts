import { formatConfig, parsePythonJson } from "@onestep/core/internal/files";
import { describe, expect, it } from "vitest";
import {
  completeUNet2DModelConfig,
  isOlderUNet2DModelConfig,
  type UNet2DModelConfig,
  unet2DModelConfigSchema,
} from "./unet-2d-model-config.ts";

function read(changes: object): UNet2DModelConfig {
  const fields = {
    _diffusers_version: "0.18.0.dev0",
    _name_or_path: "kept",
    sample_size: 32,
    block_out_channels: [32, 64, 64],
    down_block_types: ["ResnetDownsampleBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
    up_block_types: ["AttnUpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"],
    resnet_time_scale_shift: "scale_shift",
    ...changes,
  };
  return unet2DModelConfigSchema.fromJson(parsePythonJson(JSON.stringify(fields), "x"), "config.json");
}

const resnet = [
  "down_blocks.0.downsamplers.0.conv1.weight",
  "down_blocks.1.downsamplers.0.conv1.weight",
  "up_blocks.0.upsamplers.0.conv1.weight",
];
const norm = ["mid_block.attentions.0.group_norm.weight"];
const pick = ({ downsampleType, upsampleType, attnNormNumGroups }: UNet2DModelConfig) => ({
  downsampleType,
  upsampleType,
  attnNormNumGroups,
});

describe("completeUNet2DModelConfig", () => {
  it("takes from the weights what an older config does not say", () => {
    const config = completeUNet2DModelConfig(read({}), [...resnet, ...norm]);
    expect(pick(config)).toEqual({ downsampleType: "resnet", upsampleType: "resnet", attnNormNumGroups: 32 });
    const saved = JSON.parse(formatConfig(config));
    expect(saved).toMatchObject({
      _name_or_path: "kept",
      downsample_type: "resnet",
      upsample_type: "resnet",
      attn_norm_num_groups: 32,
    });
  });

  it("takes one way for the other where that has no attention block that resamples", () => {
    const older = read({
      down_block_types: ["ResnetDownsampleBlock2D", "ResnetDownsampleBlock2D", "AttnDownBlock2D"],
    });
    const config = completeUNet2DModelConfig(
      older,
      resnet.filter((name) => name.startsWith("up_blocks")),
    );
    expect(pick(config)).toMatchObject({ downsampleType: "resnet", upsampleType: "resnet" });
    const mixed = completeUNet2DModelConfig(read({}), [
      resnet[1] as string,
      "up_blocks.0.upsamplers.0.conv.weight",
    ]);
    expect(pick(mixed)).toMatchObject({ downsampleType: "resnet", upsampleType: "conv" });
  });

  it("leaves what the weights do not tell", () => {
    const older = read({});
    expect(completeUNet2DModelConfig(older, ["down_blocks.1.downsamplers.0.conv.weight"])).toBe(older);
    // The first block resamples by a resnet block whatever the field says.
    expect(completeUNet2DModelConfig(older, [resnet[0] as string])).toBe(older);
    const unshifted = read({ resnet_time_scale_shift: "default" });
    expect(completeUNet2DModelConfig(unshifted, norm)).toBe(unshifted);
  });

  it("leaves what the config says", () => {
    const said = read({ downsample_type: "conv", upsample_type: null, attn_norm_num_groups: null });
    expect(completeUNet2DModelConfig(said, [...resnet, ...norm])).toBe(said);
    expect(isOlderUNet2DModelConfig(said)).toBe(false);
    expect(isOlderUNet2DModelConfig(read({ downsample_type: "conv" }))).toBe(true);
  });
});
