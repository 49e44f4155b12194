import type { ConsistencyModelGenerateOptions, PipelineFromPretrainedOptions } from "onestep";
import type { Page } from "playwright";

/** What the application's page hands back: an image, or the error that came in its place. */
export interface PageImage {
  readonly device?: string;
  readonly pixels?: readonly number[];
  readonly code?: string;
  readonly message?: string;
}

/** Has the page of the application load the model, make one image, and free the model. */
export async function generateInPage(
  page: Page,
  loadOptions: Pick<PipelineFromPretrainedOptions, "device" | "threads">,
  generateOptions: Pick<ConsistencyModelGenerateOptions, "classLabels" | "seed" | "timesteps">,
): Promise<PageImage> {
  await page.waitForFunction(() => "generateImage" in globalThis);
  return page.evaluate(
    ([load, generate]) => {
      const { generateImage } = globalThis as unknown as {
        generateImage(...options: unknown[]): Promise<PageImage>;
      };
      return generateImage(load, generate);
    },
    [loadOptions, generateOptions] as const,
  );
}
