/** A published model's configuration, and how it is measured. */
export interface TextModel {
  readonly className: string;
  readonly unet: object;
  readonly vae: object;
  readonly textEncoder: object;
  /** Of Stable Diffusion XL. */
  readonly textEncoder2?: object;
  readonly scheduler: Readonly<Record<string, unknown>>;
  readonly height: number;
  readonly width: number;
  readonly steps: number;
  readonly guidanceScale: number;
}

const betas = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear" };

const vae = {
  _class_name: "AutoencoderKL",
  block_out_channels: [128, 256, 512, 512],
  down_block_types: new Array<string>(4).fill("DownEncoderBlock2D"),
  up_block_types: new Array<string>(4).fill("UpDecoderBlock2D"),
  layers_per_block: 2,
  sample_size: 512,
};

const clipL = {
  architectures: ["CLIPTextModel"],
  model_type: "clip_text_model",
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  projection_dim: 768,
  hidden_act: "quick_gelu",
  bos_token_id: 0,
  eos_token_id: 2,
  pad_token_id: 1,
};

const unetXL = {
  _class_name: "UNet2DConditionModel",
  sample_size: 64,
  block_out_channels: [320, 640, 1280],
  down_block_types: ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
  cross_attention_dim: 2048,
  attention_head_dim: [5, 10, 20],
  transformer_layers_per_block: [1, 2, 10],
  use_linear_projection: true,
  addition_embed_type: "text_time",
  addition_time_embed_dim: 256,
  projection_class_embeddings_input_dim: 2816,
};

/** The configurations of published models, by the names of the command line. */
export const textModels: Readonly<Record<string, TextModel>> = {
  // SimianLuo/LCM_Dreamshaper_v7
  lcm: {
    className: "LatentConsistencyModelPipeline",
    unet: {
      _class_name: "UNet2DConditionModel",
      sample_size: 96,
      cross_attention_dim: 768,
      time_cond_proj_dim: 256,
    },
    vae: { ...vae, sample_size: 768 },
    textEncoder: clipL,
    scheduler: { _class_name: "LCMScheduler", ...betas, clip_sample: false, original_inference_steps: 50 },
    height: 512,
    width: 512,
    steps: 4,
    guidanceScale: 8.5,
  },
  // stabilityai/sd-turbo
  "sd-turbo": {
    className: "StableDiffusionPipeline",
    unet: {
      _class_name: "UNet2DConditionModel",
      sample_size: 64,
      cross_attention_dim: 1024,
      attention_head_dim: [5, 10, 20, 20],
      use_linear_projection: true,
    },
    vae,
    textEncoder: {
      ...clipL,
      hidden_size: 1024,
      intermediate_size: 4096,
      num_hidden_layers: 23,
      num_attention_heads: 16,
      projection_dim: 512,
      hidden_act: "gelu",
    },
    scheduler: {
      _class_name: "EulerDiscreteScheduler",
      ...betas,
      timestep_spacing: "trailing",
      steps_offset: 1,
    },
    height: 512,
    width: 512,
    steps: 1,
    guidanceScale: 0,
  },
  // stabilityai/sdxl-turbo
  sdxl: {
    className: "StableDiffusionXLPipeline",
    unet: unetXL,
    vae: { ...vae, sample_size: 1024, scaling_factor: 0.13025, force_upcast: true },
    textEncoder: clipL,
    textEncoder2: {
      ...clipL,
      architectures: ["CLIPTextModelWithProjection"],
      hidden_size: 1280,
      intermediate_size: 5120,
      num_hidden_layers: 32,
      num_attention_heads: 20,
      projection_dim: 1280,
      hidden_act: "gelu",
    },
    scheduler: {
      _class_name: "EulerAncestralDiscreteScheduler",
      ...betas,
      timestep_spacing: "trailing",
      steps_offset: 1,
    },
    height: 512,
    width: 512,
    steps: 1,
    guidanceScale: 0,
  },
};
