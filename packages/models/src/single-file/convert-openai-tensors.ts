import { InvalidConfigError } from "@onestep/core";
import type { CheckpointTensor } from "../checkpoint/checkpoint.ts";
import type { UNet2DModelConfigValues } from "../unet-2d/unet-2d-model-config.ts";
import { upsamplerOf } from "./openai-architecture.ts";

type Tensors = ReadonlyMap<string, CheckpointTensor>;

const residualParts: Readonly<Record<string, string>> = {
  "in_layers.0": "norm1",
  "in_layers.2": "conv1",
  "emb_layers.1": "time_emb_proj",
  "out_layers.0": "norm2",
  "out_layers.3": "conv2",
  skip_connection: "conv_shortcut",
};

const attentionParts: Readonly<Record<string, string>> = {
  norm: "group_norm",
  proj_out: "to_out.0",
};

const edges: Readonly<Record<string, string>> = {
  "time_embed.0": "time_embedding.linear_1",
  "time_embed.2": "time_embedding.linear_2",
  label_emb: "class_embedding",
  "input_blocks.0.0": "conv_in",
  "middle_block.0": "mid_block.resnets.0",
  "middle_block.1": "mid_block.attentions.0",
  "middle_block.2": "mid_block.resnets.1",
  "out.0": "conv_norm_out",
  "out.2": "conv_out",
};

/**
 * Renames the arrays of an original checkpoint to diffusers' names
 * (`scripts/convert_consistency_to_diffusers.py`). No data is copied: a fused `qkv` becomes three views of its bytes. A
 * 1×1 convolution of an attention block becomes a matrix.
 *
 * @param subject - The file, for messages.
 * @param useNewAttentionOrder - Whether the rows of a fused array are queries, keys, values over all heads, as in OpenAI's
 * published checkpoints; otherwise they are queries, keys, values head by head.
 * @throws InvalidConfigError if a fused array cannot be split in three. Unknown names are kept, so that the check against
 * the model reports them.
 */
export function convertOpenaiTensors(
  subject: string,
  tensors: Tensors,
  config: UNet2DModelConfigValues,
  useNewAttentionOrder = true,
): Tensors {
  const headDim = useNewAttentionOrder ? undefined : (config.attentionHeadDim ?? undefined);
  const places = listPlaces(tensors, config);
  const converted = new Map<string, CheckpointTensor>();
  for (const [name, tensor] of tensors) {
    for (const [newName, part] of convertTensor(subject, name, tensor, { places, headDim }))
      converted.set(newName, part);
  }
  return converted;
}

/** New block names, by old name. */
function listPlaces(tensors: Tensors, config: UNet2DModelConfigValues): ReadonlyMap<string, string> {
  const places = new Map(Object.entries(edges));
  const { layersPerBlock: layers, downBlockTypes } = config;
  const downsampler = config.downsampleType === "conv" ? "downsamplers.0.conv" : "downsamplers.0";
  const perLevel = layers + 1;
  for (let level = 0; level < downBlockTypes.length; level++) {
    for (let layer = 0; layer < layers; layer++) {
      const block = `input_blocks.${1 + level * perLevel + layer}`;
      places.set(`${block}.0`, `down_blocks.${level}.resnets.${layer}`);
      places.set(`${block}.1`, `down_blocks.${level}.attentions.${layer}`);
    }
    const last = `input_blocks.${1 + level * perLevel + layers}.0`;
    places.set(downsampler.endsWith("conv") ? `${last}.op` : last, `down_blocks.${level}.${downsampler}`);
    for (let layer = 0; layer <= layers; layer++) {
      const number = level * perLevel + layer;
      places.set(`output_blocks.${number}.0`, `up_blocks.${level}.resnets.${layer}`);
      places.set(`output_blocks.${number}.1`, `up_blocks.${level}.attentions.${layer}`);
      const upsampler = upsamplerOf(tensors, number);
      if (upsampler?.kind === "resnet") places.set(upsampler.place, `up_blocks.${level}.upsamplers.0`);
      if (upsampler?.kind === "conv")
        places.set(`${upsampler.place}.conv`, `up_blocks.${level}.upsamplers.0.conv`);
    }
  }
  return places;
}

function convertTensor(
  subject: string,
  name: string,
  tensor: CheckpointTensor,
  { places, headDim }: { readonly places: ReadonlyMap<string, string>; readonly headDim: number | undefined },
): readonly (readonly [string, CheckpointTensor])[] {
  const [, module = "", kind = ""] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  const whole = places.get(module);
  if (whole !== undefined) return [[`${whole}.${kind}`, tensor]];
  // The name of a part may have one dot (in_layers.0) or none (norm).
  for (const [, block = "", part = ""] of [
    /^(.*)\.([^.]+\.[^.]+)$/.exec(module) ?? [],
    /^(.*)\.([^.]+)$/.exec(module) ?? [],
  ]) {
    const place = places.get(block);
    if (place === undefined) continue;
    const residual = Object.hasOwn(residualParts, part) ? residualParts[part] : undefined;
    if (residual !== undefined) return [[`${place}.${residual}.${kind}`, tensor]];
    if (part === "qkv") {
      const parts = splitFused(`${subject}: ${name}`, tensor, headDim);
      return parts.map((split, index) => [`${place}.${fusedLayers[index]}.${kind}`, split]);
    }
    const attention = Object.hasOwn(attentionParts, part) ? attentionParts[part] : undefined;
    if (attention !== undefined) return [[`${place}.${attention}.${kind}`, toMatrix(tensor)]];
  }
  return [[name, tensor]];
}

const fusedLayers = ["to_q", "to_k", "to_v"] as const;

/** @param headDim - Channels of one attention head, if the parts are interleaved by head. */
function splitFused(
  subject: string,
  tensor: CheckpointTensor,
  headDim: number | undefined,
): readonly CheckpointTensor[] {
  const matrix = toMatrix(tensor);
  const [rows = 0, ...columns] = matrix.shape;
  const heads = headDim === undefined ? 1 : rows / fusedLayers.length / headDim;
  if (rows % fusedLayers.length !== 0 || !Number.isInteger(heads)) {
    throw new InvalidConfigError({
      subject,
      found: `${rows} rows`,
      expected: `queries, keys and values, as many rows of each${headDim === undefined ? "" : `, in heads of ${headDim}`}`,
      remedy:
        headDim === undefined
          ? "Fetch the file again."
          : "Pass the `attentionHeadDim` that it was trained with, or fetch the file again.",
    });
  }
  const length = matrix.length / fusedLayers.length;
  return fusedLayers.map((_layer, index) => ({
    ...matrix,
    shape: [rows / fusedLayers.length, ...columns],
    offset: matrix.offset + (index * length) / heads,
    length,
    ...(headDim === undefined ? {} : { interleaved: { groups: heads, of: fusedLayers.length, index } }),
  }));
}

/** Drops the trailing dimensions of a 1×1 convolution, 1-D or 2-D. */
function toMatrix(tensor: CheckpointTensor): CheckpointTensor {
  const { shape } = tensor;
  const isConvolution = shape.length > 2 && shape.slice(2).every((size) => size === 1);
  return isConvolution ? { ...tensor, shape: shape.slice(0, 2) } : tensor;
}
