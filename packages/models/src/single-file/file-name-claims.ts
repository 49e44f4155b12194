/** What the name of an original checkpoint says about it. */
export interface FileNameClaims {
  /** How it was trained: by consistency distillation, consistency training, or as the base diffusion model. */
  readonly training: "cd" | "ct" | "edm" | undefined;
  /** The subject of its images; each has its own architecture. */
  readonly images: "imagenet64" | "lsun256" | undefined;
}

/**
 * Parses the file name of a checkpoint published by OpenAI: `cd_imagenet64_l2.pt`, `ct_bedroom256.pt`,
 * `edm_cat256_ema.pt` (openai/consistency_models, README; diffusers `scripts/convert_consistency_to_diffusers.py` checks
 * for the same words).
 *
 * @param path - Only the last segment is used.
 */
export function readFileNameClaims(path: string): FileNameClaims {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const words = name.split(/[^a-z0-9]+/);
  const training = (["cd", "ct", "edm"] as const).find((kind) => words.includes(kind));
  if (words.includes("imagenet64")) return { training, images: "imagenet64" };
  const isLsun = words.some((word) => /^(bedroom|cat)256$/.test(word));
  return { training, images: isLsun ? "lsun256" : undefined };
}
