/** Whether a model that is named on the command line is one file: `cd_imagenet64_l2.pt`, by its path or its URL. */
export function isSingleFile(model: string): boolean {
  const path = URL.canParse(model) ? new URL(model).pathname : model;
  return /\.(pt|pth|ckpt|bin|safetensors)$/i.test(path);
}
