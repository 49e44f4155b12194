import { readConfigRecord } from "@onestep/core";
import { unwrapNames } from "../checkpoint/unwrap-names.ts";
import { type UNet2DModelConfig, unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

/** Arrays of every UNet2DModel, by which a prefix of the names is found. */
const knownNames: ReadonlySet<string> = new Set(
  ["conv_in", "conv_out", "conv_norm_out"].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
);

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
 * @throws CheckpointError where it holds the weights of several models.
 */
export function completeUNet2DModelConfig(
  config: UNet2DModelConfig,
  names: Iterable<string>,
): UNet2DModelConfig {
  const defaulted = readConfigRecord(config)?.defaulted;
  const { storedNames } = unwrapNames("config.json", names, knownNames);
  const known = new Set(storedNames.keys());
  /** How the attention blocks of one way resample, as far as they do. */
  const resampling = (
    types: readonly string[],
    type: string,
    place: string,
  ): "conv" | "resnet" | undefined => {
    const samplers = types.flatMap((item, index) => (item === type ? [place.replace("N", `${index}`)] : []));
    if (samplers.some((sampler) => known.has(`${sampler}.conv1.weight`))) return "resnet";
    return samplers.some((sampler) => known.has(`${sampler}.conv.weight`)) ? "conv" : undefined;
  };
  const down = resampling(config.downBlockTypes, "AttnDownBlock2D", "down_blocks.N.downsamplers.0");
  const up = resampling(config.upBlockTypes, "AttnUpBlock2D", "up_blocks.N.upsamplers.0");
  const hasMiddleNorm =
    config.resnetTimeScaleShift !== "default" && known.has("mid_block.attentions.0.group_norm.weight");
  const told = {
    downsampleType: defaulted?.has("downsample_type") && (down ?? up) === "resnet" ? "resnet" : undefined,
    upsampleType: defaulted?.has("upsample_type") && (up ?? down) === "resnet" ? "resnet" : undefined,
    attnNormNumGroups:
      defaulted?.has("attn_norm_num_groups") && hasMiddleNorm
        ? (config.normNumGroups ?? undefined)
        : undefined,
  } as const;
  if (Object.values(told).every((value) => value === undefined)) return config;
  return unet2DModelConfigSchema.fromConfig(config, told);
}
