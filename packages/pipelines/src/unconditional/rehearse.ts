import { UnsupportedError } from "@onestep/core";
import { markStandIn } from "../component/component.ts";
import type { UNet2D, UNet2DConfig } from "./unet-2d.ts";

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
  config: UNet2DConfig,
  generate: (standIn: UNet2D) => Promise<unknown>,
): Promise<void> {
  const standIn = markStandIn<UNet2D>({
    config,
    device: "cpu",
    forward: () => Promise.reject(new FirstPassReached()),
    savePretrained: () =>
      Promise.reject(
        new UnsupportedError({
          subject: "unet",
          found: "a stand-in without weights",
          expected: "a model",
          remedy: "Load the pipeline first.",
          summary: "This pipeline has no weights: it was made to check options.",
        }),
      ),
  });
  try {
    await generate(standIn);
  } catch (error) {
    if (!(error instanceof FirstPassReached)) throw error;
  }
}
