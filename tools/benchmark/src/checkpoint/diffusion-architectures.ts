import type { Architecture } from "./architecture.ts";

const scheduler: Architecture["scheduler"] = {
  _class_name: "DDPMScheduler",
  _diffusers_version: "0.0.4",
  beta_end: 0.02,
  beta_schedule: "linear",
  beta_start: 0.0001,
  clip_sample: true,
  num_train_timesteps: 1000,
  variance_type: "fixed_large",
};

const unet: Architecture["unet"] = {
  _class_name: "UNet2DModel",
  _diffusers_version: "0.0.4",
  act_fn: "silu",
  attention_head_dim: null,
  center_input_sample: false,
  downsample_padding: 0,
  flip_sin_to_cos: false,
  freq_shift: 1,
  in_channels: 3,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-6,
  norm_num_groups: 32,
  out_channels: 3,
  time_embedding_type: "positional",
};

/** `google/ddpm-cifar10-32`. */
export const ddpm32: Architecture = {
  pipeline: "DDPMPipeline",
  scheduler,
  unet: {
    ...unet,
    block_out_channels: [128, 256, 256, 256],
    down_block_types: ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
    sample_size: 32,
    up_block_types: ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
  },
};

/** `google/ddpm-celebahq-256` and its like. */
export const ddpm256: Architecture = {
  pipeline: "DDPMPipeline",
  scheduler,
  unet: {
    ...unet,
    block_out_channels: [128, 128, 256, 256, 512, 512],
    down_block_types: [...Array<string>(4).fill("DownBlock2D"), "AttnDownBlock2D", "DownBlock2D"],
    sample_size: 256,
    up_block_types: ["UpBlock2D", "AttnUpBlock2D", ...Array<string>(4).fill("UpBlock2D")],
  },
};
