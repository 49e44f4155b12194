// The texts of the small files, so that a bundle has them in it. A test compares them.

/** @type {Readonly<Record<string, string>>} */
export const configs = {
  "model_index.json": `{
  "_class_name": "ConsistencyModelPipeline",
  "_diffusers_version": "0.40.0.dev0",
  "_id2label": {
    "0": "grinning face",
    "1": "smiling face with heart-eyes",
    "2": "ghost",
    "3": "alien",
    "4": "robot",
    "5": "jack-o-lantern",
    "6": "dog face",
    "7": "cat face",
    "8": "fox",
    "9": "pig face",
    "10": "panda",
    "11": "penguin",
    "12": "frog",
    "13": "butterfly",
    "14": "lady beetle",
    "15": "sunflower",
    "16": "tulip",
    "17": "cactus",
    "18": "mushroom",
    "19": "watermelon",
    "20": "lemon",
    "21": "red apple",
    "22": "strawberry",
    "23": "hamburger",
    "24": "pizza",
    "25": "doughnut",
    "26": "red heart",
    "27": "star",
    "28": "rainbow",
    "29": "rocket"
  },
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
  "attn_norm_num_groups": 16,
  "block_out_channels": [
    32,
    64,
    128
  ],
  "center_input_sample": false,
  "class_embed_type": null,
  "down_block_types": [
    "DownBlock2D",
    "DownBlock2D",
    "AttnDownBlock2D"
  ],
  "downsample_padding": 1,
  "downsample_type": "conv",
  "dropout": 0.0,
  "flip_sin_to_cos": true,
  "freq_shift": 0,
  "in_channels": 3,
  "layers_per_block": 1,
  "mid_block_scale_factor": 1,
  "mid_block_type": "UNetMidBlock2D",
  "norm_eps": 1e-05,
  "norm_num_groups": 16,
  "num_class_embeds": 30,
  "num_train_timesteps": null,
  "out_channels": 3,
  "resnet_time_scale_shift": "scale_shift",
  "sample_size": 32,
  "time_embedding_dim": 128,
  "time_embedding_type": "positional",
  "up_block_types": [
    "AttnUpBlock2D",
    "UpBlock2D",
    "UpBlock2D"
  ],
  "upsample_type": "conv"
}
`,
};
