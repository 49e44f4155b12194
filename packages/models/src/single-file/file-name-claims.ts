/** What the name of an original checkpoint says about it. */
export interface FileNameClaims {
  /** How it was trained: by consistency distillation, consistency training, or as the diffusion model they start from. */
  readonly training: "cd" | "ct" | "edm" | undefined;
  /** What it makes images of; each stands for an architecture of its own. */
  readonly images: "imagenet64" | "lsun256" | undefined;
}

/**
 * Reads the name of a checkpoint as OpenAI published them: `cd_imagenet64_l2.pt`, `ct_bedroom256.pt`,
 * `edm_cat256_ema.pt` (openai/consistency_models, README; diffusers `scripts/convert_consistency_to_diffusers.py` goes
 * by the same words).
 *
 * @param path - The last segment counts.
 */
export function readFileNameClaims(path: string): FileNameClaims {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const words = name.split(/[^a-z0-9]+/);
  const training = (["cd", "ct", "edm"] as const).find((kind) => words.includes(kind));
  if (words.includes("imagenet64")) return { training, images: "imagenet64" };
  const isLsun = words.some((word) => /^(bedroom|cat)256$/.test(word));
  return { training, images: isLsun ? "lsun256" : undefined };
}
