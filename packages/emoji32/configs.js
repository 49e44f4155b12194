// The texts of the small files, so that a bundle has them in it. A test compares them.

/** @type {Readonly<Record<string, string>>} */
export const configs = {
  "model_index.json": `{
  "_class_name": "ConsistencyModelPipeline",
  "_diffusers_version": "0.40.0.dev0",
  "scheduler": [
    "diffusers",
    "CMStochasticIterativeScheduler"
  ],
  "unet": [
    "diffusers",
    "UNet2DModel"
  ]
}
`,
  "scheduler/scheduler_config.json": `{
  "_class_name": "CMStochasticIterativeScheduler",
  "_diffusers_version": "0.40.0.dev0",
  "clip_denoised": true,
  "num_train_timesteps": 40,
  "rho": 7.0,
  "s_noise": 1.0,
  "sigma_data": 0.5,
  "sigma_max": 80.0,
  "sigma_min": 0.002
}
`,
  "unet/config.json": `{
  "_class_name": "UNet2DModel",
  "_diffusers_version": "0.40.0.dev0",
  "act_fn": "silu",
  "add_attention": true,
  "attention_head_dim": 32,
  "attn_norm_num_groups": 32,
  "block_out_channels": [
    32,
    64,
    128
  ],
  "center_input_sample": false,
  "class_embed_type": null,
  "down_block_types": [
    "ResnetDownsampleBlock2D",
    "AttnDownBlock2D",
    "AttnDownBlock2D"
  ],
  "downsample_padding": 1,
  "downsample_type": "resnet",
  "dropout": 0.0,
  "flip_sin_to_cos": true,
  "freq_shift": 0,
  "in_channels": 3,
  "layers_per_block": 1,
  "mid_block_scale_factor": 1,
  "mid_block_type": "UNetMidBlock2D",
  "norm_eps": 1e-05,
  "norm_num_groups": 32,
  "num_class_embeds": 10,
  "num_train_timesteps": null,
  "out_channels": 3,
  "resnet_time_scale_shift": "scale_shift",
  "sample_size": 32,
  "time_embedding_dim": null,
  "time_embedding_type": "positional",
  "up_block_types": [
    "AttnUpBlock2D",
    "AttnUpBlock2D",
    "ResnetUpsampleBlock2D"
  ],
  "upsample_type": "resnet"
}
`,
};
