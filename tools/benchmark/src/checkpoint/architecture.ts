/** A model to measure: what its JSON files hold, in diffusers' own spelling. */
export interface Architecture {
  /** The `unet/config.json`. */
  readonly unet: Readonly<Record<string, unknown>>;
  /** The `scheduler/scheduler_config.json`. */
  readonly scheduler: Readonly<Record<string, unknown>>;
  /** The class that `model_index.json` names; `ConsistencyModelPipeline` where left out. */
  readonly pipeline?: string;
}

const scheduler: Architecture["scheduler"] = {
  _class_name: "CMStochasticIterativeScheduler",
  _diffusers_version: "0.21.0.dev0",
  clip_denoised: true,
  num_train_timesteps: 40,
  rho: 7.0,
  s_noise: 1.0,
  sigma_data: 0.5,
  sigma_max: 80.0,
  sigma_min: 0.002,
};

const unet: Architecture["unet"] = {
  _class_name: "UNet2DModel",
  _diffusers_version: "0.21.0.dev0",
  act_fn: "silu",
  add_attention: true,
  attention_head_dim: 64,
  center_input_sample: false,
  class_embed_type: null,
  downsample_padding: 1,
  downsample_type: "resnet",
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 3,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  out_channels: 3,
  time_embedding_type: "positional",
  upsample_type: "resnet",
};

/**
 * The published consistency models, by the name of their training set: `openai/diffusers-cd_imagenet64_l2` and its
 * like, `openai/diffusers-cd_bedroom256_l2` and its like.
 */
export const architectures: Readonly<Record<string, Architecture>> = {
  imagenet64: {
    scheduler,
    unet: {
      ...unet,
      attn_norm_num_groups: 32,
      block_out_channels: [192, 384, 576, 768],
      down_block_types: ["ResnetDownsampleBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
      layers_per_block: 3,
      num_class_embeds: 1000,
      resnet_time_scale_shift: "scale_shift",
      sample_size: 64,
      up_block_types: ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"],
    },
  },
  lsun256: {
    scheduler,
    unet: {
      ...unet,
      block_out_channels: [256, 256, 512, 512, 1024, 1024],
      down_block_types: [
        ...Array<string>(3).fill("ResnetDownsampleBlock2D"),
        ...Array<string>(3).fill("AttnDownBlock2D"),
      ],
      layers_per_block: 2,
      num_class_embeds: null,
      resnet_time_scale_shift: "default",
      sample_size: 256,
      up_block_types: [
        ...Array<string>(3).fill("AttnUpBlock2D"),
        ...Array<string>(3).fill("ResnetUpsampleBlock2D"),
      ],
    },
  },
};
