import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { formatConfig, formatPythonJson } from "@onestep/core";
import { listUNet2DModelWeights, unet2DModelConfigSchema } from "@onestep/models";
import { CMStochasticIterativeScheduler } from "@onestep/schedulers";

/**
 * The architecture of `openai/diffusers-cd_imagenet64_l2`, as deep, with as many arrays and for images of the same size,
 * but with few channels, so that it is small and quick.
 */
const config = unet2DModelConfigSchema.fromJson(
  {
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
  },
  "config.json",
);

/** Writes a consistency model of that architecture, its weights a wave. @returns How many arrays it has. */
export async function writeDeepCheckpoint(folder: string): Promise<number> {
  const weights = listUNet2DModelWeights(config);
  const header: Record<string, unknown> = {};
  const arrays: Uint8Array[] = [];
  let position = 0;
  for (const { name, shape } of weights) {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
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
