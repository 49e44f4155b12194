import type { UNet2DModel, UNet2DModelConfig } from "@onestep/models";

const standInMark = Symbol.for("onestep.standIn");

class FirstPassReached extends Error {}

/**
 * Finds out what a pipeline will say to options, before the weights of its model are there: `generate` runs up to the
 * first pass of the model, with a stand-in that has the model's config alone. Nothing warns on the way, for the run itself
 * will.
 *
 * @param generate - Makes a pipeline with the stand-in, and calls `generate` of it, or of another made of it.
 * @throws What `generate` throws before the first pass: errors about options, scheduler and config.
 */
export async function rehearse(
  config: UNet2DModelConfig,
  generate: (standIn: UNet2DModel) => Promise<unknown>,
): Promise<void> {
  const standIn = {
    [standInMark]: true,
    config,
    device: "cpu",
    forward: () => Promise.reject(new FirstPassReached()),
  };
  try {
    await generate(standIn as unknown as UNet2DModel);
  } catch (error) {
    if (!(error instanceof FirstPassReached)) throw error;
  }
}

/** Whether a model is the stand-in of a rehearsal. */
export function isStandIn(unet: object): boolean {
  return standInMark in unet;
}
