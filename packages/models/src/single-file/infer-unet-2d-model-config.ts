import { InvalidArgumentError, InvalidConfigError } from "@onestep/core";
import { describeValue } from "@onestep/core/internal";
import type { CheckpointTensor } from "../checkpoint/checkpoint.ts";
import { type UNet2DModelConfig, unet2DModelConfigSchema } from "../unet-2d/unet-2d-model-config.ts";
import { readFileNameClaims } from "./file-name-claims.ts";
import { type OpenaiArchitecture, readOpenaiArchitecture } from "./openai-architecture.ts";
import { findPublishedArchitecture, type UnspecifiedFields } from "./published-architectures.ts";

/**
 * Infers the configuration of an original checkpoint's network, as in diffusers'
 * `scripts/convert_consistency_to_diffusers.py`.
 *
 * Everything is inferred from the arrays except the image size and the attention head size, which are known for published
 * architectures and required for others.
 *
 * @param path - The file; its name is checked against the arrays.
 * @throws InvalidConfigError if the arrays do not form such a network, or not the one the name claims.
 * @throws InvalidArgumentError if `unspecified` lacks a required value.
 * @throws UnsupportedError see {@link readOpenaiArchitecture}.
 */
export function inferUNet2DModelConfig(
  path: string,
  tensors: ReadonlyMap<string, CheckpointTensor>,
  unspecified: { readonly [Name in keyof UnspecifiedFields]?: UnspecifiedFields[Name] | undefined } = {},
): UNet2DModelConfig {
  const network = readOpenaiArchitecture(path, tensors);
  const known = findPublishedArchitecture(network);
  const { images } = readFileNameClaims(path);
  if (images !== undefined && images !== known?.images) {
    throw new InvalidConfigError({
      subject: path,
      found: `a network with ${describe(network)}`,
      expected: `the one of the ${images} checkpoints, as the file's name says`,
      remedy: "Fetch the file again. If the network is another one on purpose, give the file another name.",
    });
  }
  checkUnspecified(unspecified);
  const attentionHeadDim = unspecified.attentionHeadDim ?? known?.attentionHeadDim;
  const sampleSize = unspecified.sampleSize ?? known?.sampleSize;
  if (sampleSize === undefined || attentionHeadDim === undefined) {
    throw new InvalidArgumentError({
      subject: path,
      found: `a network that OpenAI did not publish, with ${describe(network)}`,
      expected: "the options `sampleSize` and `attentionHeadDim`, which the arrays do not tell",
      remedy:
        "Pass what it was trained with: as `sampleSize` the `--image_size`, as `attentionHeadDim` the `--num_head_channels`.",
    });
  }
  return unet2DModelConfigSchema.fromOptions({
    ...toConfigFields(network),
    sampleSize,
    attentionHeadDim,
  });
}

function toConfigFields(network: OpenaiArchitecture) {
  const { levels, scalesAndShifts, resamplesByBlocks } = network;
  const resampling = resamplesByBlocks ? ("resnet" as const) : ("conv" as const);
  const plain = resamplesByBlocks ? (["ResnetDownsampleBlock2D", "ResnetUpsampleBlock2D"] as const) : null;
  const [plainDown, plainUp] = plain ?? ["DownBlock2D", "UpBlock2D"];
  return {
    inChannels: network.inChannels,
    outChannels: network.outChannels,
    blockOutChannels: levels.map(({ channels }) => channels),
    layersPerBlock: network.layersPerLevel,
    downBlockTypes: levels.map(({ hasAttention }) => (hasAttention ? "AttnDownBlock2D" : plainDown)),
    upBlockTypes: levels.map(({ hasAttention }) => (hasAttention ? "AttnUpBlock2D" : plainUp)).reverse(),
    downsampleType: resampling,
    upsampleType: resampling,
    resnetTimeScaleShift: scalesAndShifts ? ("scale_shift" as const) : ("default" as const),
    attnNormNumGroups: scalesAndShifts ? 32 : null,
    numClassEmbeds: network.numClasses,
    timeEmbeddingDim: network.timeEmbeddingDim === 4 * network.baseChannels ? null : network.timeEmbeddingDim,
  };
}

function describe({ levels, layersPerLevel, numClasses }: OpenaiArchitecture): string {
  const classes = numClasses === null ? "no classes" : `${numClasses} classes`;
  return `${levels.map(({ channels }) => channels).join(", ")} channels, ${layersPerLevel} layers each, and ${classes}`;
}

function checkUnspecified(unspecified: { readonly [Name in keyof UnspecifiedFields]?: unknown }): void {
  for (const [subject, value] of Object.entries(unspecified)) {
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) continue;
    throw new InvalidArgumentError({
      subject,
      found: describeValue(value),
      expected: "a whole number above 0",
      remedy: `Pass the \`${subject}\` that the network was trained with.`,
    });
  }
}
