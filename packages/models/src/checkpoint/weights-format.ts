/** What the names of weights files end with, those first that are preferred, as diffusers prefers them. */
export const weightsEndings = [".safetensors", ".bin"] as const;

/** Name of the weights of a model in one file, without the ending: `diffusion_pytorch_model.fp16`. */
export function weightsStem(variant: string | undefined): string {
  return variant === undefined ? "diffusion_pytorch_model" : `diffusion_pytorch_model.${variant}`;
}

/**
 * Names that the index of a checkpoint in shards can have. Python inserts the variant before the last ending, and did so
 * one ending earlier for a while.
 */
export function indexNames(ending: string, variant: string | undefined): readonly string[] {
  const stem = `diffusion_pytorch_model${ending}`;
  if (variant === undefined) return [`${stem}.index.json`];
  return [`${stem}.index.${variant}.json`, `${stem}.${variant}.index.json`];
}
