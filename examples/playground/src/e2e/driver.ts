import { RasterImage } from "onestep";
import type { Locator, Page } from "playwright";

/** How long a busy machine may take to load the model or generate an image, in milliseconds. */
export const patience = 60_000;

/** Drives the playground as a user does: by its visible text. */
export class Driver {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page, and waits for the images that it generates on load. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.done();
  }

  /** A button by its text. */
  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  /** Chooses a radio button. */
  async choose(group: string, name: string): Promise<void> {
    await this.page.getByRole("group", { name: group }).getByRole("radio", { name, exact: true }).check();
  }

  /** The class field. */
  get classText(): Locator {
    return this.page.getByLabel("Class: a name or a number");
  }

  /** The images on the stage, when they are finished. */
  get tiles(): Locator {
    return this.page.getByRole("list", { name: "Stage" }).getByRole("button");
  }

  /** All generated images, newest first. */
  get gallery(): Locator {
    return this.page.locator("#gallery img");
  }

  /** How many screen pixels show one image pixel, for every image on the page. */
  scales(): Promise<readonly number[]> {
    return this.page.locator("#tiles canvas, #strip canvas, #gallery img").evaluateAll((elements) =>
      elements.map((element) => {
        const width =
          element instanceof HTMLCanvasElement ? element.width : (element as HTMLImageElement).naturalWidth;
        return (element.getBoundingClientRect().width * devicePixelRatio) / width;
      }),
    );
  }

  /** What a screen reader announces. */
  get said(): Locator {
    return this.page.locator("#announcer");
  }

  /** Clicks Generate, and waits for the images. */
  async generate(): Promise<void> {
    await this.button("Generate").click();
    await this.done();
  }

  /** Waits until images are on the stage and no run is in progress. @throws Error with what the page says instead. */
  async done(): Promise<void> {
    const isDone = () =>
      document.querySelector("#stage")?.getAttribute("aria-busy") === "false" &&
      document.querySelector("#announcer")?.textContent?.startsWith("Done:");
    try {
      await this.page.waitForFunction(isDone, undefined, { timeout: patience });
    } catch (cause) {
      const texts = await this.page.locator("#announcer, #progress, #failure").allTextContents();
      throw new Error(`There is no image. The page says: ${texts.join(" | ")}`, { cause });
    }
  }

  /** The pixels of a canvas, without alpha. */
  async canvas(selector: string): Promise<RasterImage> {
    const { width, height, data } = await this.page.locator(selector).evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return { width: canvas.width, height: canvas.height, data: [...pixels] };
    });
    return RasterImage.fromImageData({ width, height, data: Uint8ClampedArray.from(data) });
  }

  /** The pixels of a gallery image. */
  async pixels(index: number): Promise<RasterImage> {
    const bytes = await this.gallery.nth(index).evaluate(async (image) => {
      const response = await fetch((image as HTMLImageElement).src);
      return [...new Uint8Array(await response.arrayBuffer())];
    });
    return RasterImage.fromPng(Uint8Array.from(bytes));
  }
}

/** The largest per-pixel difference between two images, from 0 to 255. */
export function largestDifference(left: RasterImage, right: RasterImage | undefined): number {
  if (left.data.length !== right?.data.length) return Number.POSITIVE_INFINITY;
  return left.data.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (right.data[index] ?? 0))),
    0,
  );
}
