import type { Generator } from "@onestep/core";

/**
 * Draws one class per image, each with the image's own generator where there is one per image.
 *
 * In diffusers these come from torch's global generator, so that the same seed gives other images; here they follow
 * the generator, after the latents.
 */
export function drawClassLabels(
  numClassEmbeds: number,
  batchSize: number,
  generator: Generator | readonly Generator[],
): readonly number[] {
  const generators: readonly Generator[] = Array.isArray(generator) ? generator : [generator as Generator];
  const perGenerator = batchSize / generators.length;
  return generators.flatMap((source) =>
    Array.from(source.randint(0, numClassEmbeds, [perGenerator]).data, Number),
  );
}
