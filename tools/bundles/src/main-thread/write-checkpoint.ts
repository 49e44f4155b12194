import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PythonJsonObject } from "@onestep/core";
import { elementCount } from "@onestep/core/internal";
import { formatConfig, formatPythonJson } from "@onestep/core/internal/files";
import { listUNet2DModelWeights, unet2DModelConfigSchema } from "@onestep/models";
import { CMStochasticIterativeScheduler } from "@onestep/schedulers";

/**
 * The architecture of `openai/diffusers-cd_imagenet64_l2`, as deep, with as many arrays and for images of the same size,
 * but with few channels, so that it is small and quick.
 */
export const deepModel: PythonJsonObject = {
  sample_size: 64,
  in_channels: 3,
  out_channels: 3,
  layers_per_block: 3,
  block_out_channels: [32, 64, 96, 128],
  down_block_types: ["ResnetDownsampleBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"],
  downsample_type: "resnet",
  upsample_type: "resnet",
  resnet_time_scale_shift: "scale_shift",
  attention_head_dim: 32,
  attn_norm_num_groups: 32,
  norm_num_groups: 32,
  num_class_embeds: 1000,
};

/** A network for images as large as the largest that are published, and hardly anything else. */
export const largeImageModel: PythonJsonObject = {
  sample_size: 256,
  in_channels: 3,
  out_channels: 3,
  layers_per_block: 1,
  block_out_channels: [8, 8, 8, 8, 8],
  down_block_types: new Array(5).fill("ResnetDownsampleBlock2D"),
  up_block_types: new Array(5).fill("ResnetUpsampleBlock2D"),
  downsample_type: "resnet",
  upsample_type: "resnet",
  resnet_time_scale_shift: "scale_shift",
  attention_head_dim: 8,
  attn_norm_num_groups: 8,
  norm_num_groups: 8,
  num_class_embeds: 10,
};

/**
 * Writes a consistency model, its weights a wave.
 *
 * @param unet - The config of its UNet, as it stands in files.
 * @returns How many arrays it has.
 */
export async function writeCheckpoint(folder: string, unet: PythonJsonObject): Promise<number> {
  const config = unet2DModelConfigSchema.fromJson(unet, "config.json");
  const weights = listUNet2DModelWeights(config);
  const header: Record<string, unknown> = {};
  const arrays: Uint8Array[] = [];
  let position = 0;
  for (const { name, shape } of weights) {
    const size = elementCount(shape);
    const array = Float32Array.from({ length: size }, (_, index) => 0.05 * Math.sin(0.7 * index));
    const bytes = new Uint8Array(array.buffer);
    header[name] = { dtype: "F32", shape, data_offsets: [position, position + bytes.length] };
    position += bytes.length;
    arrays.push(bytes);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
  const index = {
    _class_name: "ConsistencyModelPipeline",
    scheduler: ["diffusers", "CMStochasticIterativeScheduler"],
    unet: ["diffusers", "UNet2DModel"],
  };
  const files: Readonly<Record<string, string | readonly Uint8Array[]>> = {
    "model_index.json": formatPythonJson(index),
    "scheduler/scheduler_config.json": formatConfig(new CMStochasticIterativeScheduler().config),
    "unet/config.json": formatConfig(config),
    "unet/diffusion_pytorch_model.safetensors": [length, text, ...arrays],
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return weights.length;
}
