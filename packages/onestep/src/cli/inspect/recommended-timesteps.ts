/**
 * From the cards and launch scripts of the models (openai/consistency_models, `scripts/launch.sh`: `--ts 0,22,39` is
 * `[22, 0]` here). Two distilled cat models come without a recommendation.
 */
const timestepsByName: Readonly<Record<string, readonly (readonly number[])[]>> = {
  cd_imagenet64_l2: [[22, 0]],
  cd_imagenet64_lpips: [[22, 0]],
  ct_imagenet64: [[106, 0]],
  cd_bedroom256_l2: [[18, 0]],
  cd_bedroom256_lpips: [[17, 0]],
  ct_bedroom256: [[67, 0]],
  ct_cat256: [[62, 0]],
  emoji32: [[32, 0]],
};

/** Timesteps that the authors of a model chose for several steps; none where they are not known. */
export function recommendedTimesteps(model: string): readonly (readonly number[])[] {
  const [, name = ""] = /([^/\\]+)[/\\]?$/.exec(model) ?? [];
  const key = name.replace(/^diffusers-/, "");
  return Object.hasOwn(timestepsByName, key) ? (timestepsByName[key] ?? []) : [];
}
