import { readConfigRecord } from "@onestep/core";
import { type UNet2DModelConfig, unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

const laterFields = ["downsample_type", "upsample_type", "attn_norm_num_groups"];

/** Whether a config lacks fields that older versions of diffusers did not write, and that the weights may tell. */
export function isOlderUNet2DModelConfig(config: UNet2DModelConfig): boolean {
  const defaulted = readConfigRecord(config)?.defaulted;
  return laterFields.some((name) => defaulted?.has(name) === true);
}

/**
 * Fills in what a config of an older version of diffusers does not say, from the names of the weights.
 *
 * The consistency models were first published with configs that have no `downsample_type`, `upsample_type` (attention
 * blocks resampled as the weights say, where the default of today is `conv`) and `attn_norm_num_groups` (the middle
 * attention has a norm in the weights, which diffusers ran without until it was mended in 2023-09). A field that the
 * config has, null included, stays.
 *
 * @param names - Names of the weights that the checkpoint holds.
 */
export function completeUNet2DModelConfig(
  config: UNet2DModelConfig,
  names: Iterable<string>,
): UNet2DModelConfig {
  const defaulted = readConfigRecord(config)?.defaulted;
  const known = new Set(names);
  const hasResnet = (types: readonly string[], type: string, place: (index: number) => string): boolean =>
    types.some((item, index) => item === type && known.has(`${place(index)}.conv1.weight`));
  const downsamplesByResnet = hasResnet(
    config.downBlockTypes,
    "AttnDownBlock2D",
    (index) => `down_blocks.${index}.downsamplers.0`,
  );
  const upsamplesByResnet = hasResnet(
    config.upBlockTypes,
    "AttnUpBlock2D",
    (index) => `up_blocks.${index}.upsamplers.0`,
  );
  const hasMiddleNorm =
    config.resnetTimeScaleShift !== "default" && known.has("mid_block.attentions.0.group_norm.weight");
  const told = {
    downsampleType:
      downsamplesByResnet && defaulted?.has("downsample_type") ? ("resnet" as const) : undefined,
    upsampleType: upsamplesByResnet && defaulted?.has("upsample_type") ? ("resnet" as const) : undefined,
    attnNormNumGroups:
      hasMiddleNorm && defaulted?.has("attn_norm_num_groups")
        ? (config.normNumGroups ?? undefined)
        : undefined,
  };
  if (Object.values(told).every((value) => value === undefined)) return config;
  return unet2DModelConfigSchema.fromConfig(config, told);
}
