import { UnsupportedError } from "@onestep/core";
import { markStandIn } from "../component/component.ts";
import type { UNet2D, UNet2DConfig } from "./unet-2d.ts";

class FirstPassReached extends Error {}

/**
 * Validates options before the model's weights are loaded: `generate` runs up to the first model call, with a stand-in
 * that has only the model's config. Warnings are suppressed, since the actual run will issue them.
 *
 * @param generate - Creates a pipeline with the stand-in and calls its `generate`, or that of a pipeline derived from
 * it.
 * @throws Whatever `generate` throws before the first model call: errors about options, scheduler and config.
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
