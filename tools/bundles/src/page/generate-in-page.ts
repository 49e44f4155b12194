import type { ConsistencyModelGenerateOptions, PipelineFromPretrainedOptions } from "onestep";
import type { Page } from "playwright";

/** The result from the application's page: an image, or the error instead. */
export interface PageImage {
  readonly device?: string;
  readonly pixels?: readonly number[];
  readonly code?: string;
  readonly message?: string;
}

/** How the page loads the model. */
export type PageLoadOptions = Pick<PipelineFromPretrainedOptions, "device" | "threads">;

/** What the page makes. */
export type PageGenerateOptions = Pick<
  ConsistencyModelGenerateOptions,
  "batchSize" | "classLabels" | "seed" | "timesteps"
>;

type PageOptions = readonly [load: PageLoadOptions, generate: PageGenerateOptions];

/** The function for a model on the server, for the bundled model, and for none. */
type PageSource = "generateImage" | "generateBundledImage" | "generateUnnamedImage";

type PngSize = readonly [width: number, height: number];

/** The functions that the application's script exposes on its page. */
interface AppFunctions extends Record<PageSource, (...options: PageOptions) => Promise<PageImage>> {
  encodeImages(load: PageLoadOptions, generate: PageGenerateOptions): Promise<readonly PngSize[]>;
  countImages(load: PageLoadOptions, generate: PageGenerateOptions, seconds: number): Promise<number>;
}

/** Has the page of the application load the model, make one image, and free the model. */
export async function generateInPage(
  page: Page,
  load: PageLoadOptions,
  generate: PageGenerateOptions,
  source: PageSource = "generateImage",
): Promise<PageImage> {
  await page.waitForFunction(() => "generateImage" in globalThis);
  return page.evaluate(([name, ...options]) => (globalThis as unknown as AppFunctions)[name](...options), [
    source,
    load,
    generate,
  ] as const);
}

/** Has the page load the model, make images, and encode them as PNG. @returns What the PNGs say of their sizes. */
export async function encodeInPage(
  page: Page,
  load: PageLoadOptions,
  generate: PageGenerateOptions,
): Promise<readonly PngSize[]> {
  await page.waitForFunction(() => "encodeImages" in globalThis);
  return page.evaluate((options) => (globalThis as unknown as AppFunctions).encodeImages(...options), [
    load,
    generate,
  ] as const);
}

/** Has the page make images for some seconds. @returns How many it made in a second. */
export async function countInPage(
  page: Page,
  load: PageLoadOptions,
  generate: PageGenerateOptions,
  seconds: number,
): Promise<number> {
  await page.waitForFunction(() => "countImages" in globalThis);
  return page.evaluate((options) => (globalThis as unknown as AppFunctions).countImages(...options), [
    load,
    generate,
    seconds,
  ] as const);
}
