/** The path of the bundled model, relative to the page. */
export const shippedModelFolder = "models/emoji32/";

/** Its files, in the diffusers layout. */
export const shippedModelFiles: readonly string[] = [
  "model_index.json",
  "scheduler/scheduler_config.json",
  "unet/config.json",
  "unet/diffusion_pytorch_model.safetensors",
];
