import { RasterImage } from "onestep";
import type { Locator, Page } from "playwright";

/** As long as a busy machine may take to load the model or to make an image, in milliseconds. */
export const patience = 60_000;

/** Drives the playground as a person does: by what is written on it. */
export class Driver {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page, and waits for the images that it makes of itself. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.done();
  }

  /** A button by what it says. */
  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  /** Chooses a radio button. */
  async choose(group: string, name: string): Promise<void> {
    await this.page.getByRole("group", { name: group }).getByRole("radio", { name, exact: true }).check();
  }

  /** The field for the class. */
  get classText(): Locator {
    return this.page.getByLabel("Class: a name or a number");
  }

  /** The images on the stage, once they are finished. */
  get tiles(): Locator {
    return this.page.getByRole("list", { name: "Stage" }).getByRole("button");
  }

  /** All images that were made, the newest first. */
  get gallery(): Locator {
    return this.page.locator("#gallery img");
  }

  /** How many pixels of the screen show one pixel of an image, for every image on the page. */
  scales(): Promise<readonly number[]> {
    return this.page.locator("#tiles canvas, #strip canvas, #gallery img").evaluateAll((elements) =>
      elements.map((element) => {
        const width =
          element instanceof HTMLCanvasElement ? element.width : (element as HTMLImageElement).naturalWidth;
        return (element.getBoundingClientRect().width * devicePixelRatio) / width;
      }),
    );
  }

  /** What is said to a screen reader. */
  get said(): Locator {
    return this.page.locator("#announcer");
  }

  /** Clicks on Generate, and waits for the images. */
  async generate(): Promise<void> {
    await this.button("Generate").click();
    await this.done();
  }

  /** Waits until images are on the stage, and no others are on their way. @throws Error with what the page says instead. */
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

  /** The pixels of a canvas, without its alpha. */
  async canvas(selector: string): Promise<RasterImage> {
    const { width, height, data } = await this.page.locator(selector).evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return { width: canvas.width, height: canvas.height, data: [...pixels] };
    });
    return RasterImage.fromImageData({ width, height, data: Uint8ClampedArray.from(data) });
  }

  /** The pixels of an image of the gallery. */
  async pixels(index: number): Promise<RasterImage> {
    const bytes = await this.gallery.nth(index).evaluate(async (image) => {
      const response = await fetch((image as HTMLImageElement).src);
      return [...new Uint8Array(await response.arrayBuffer())];
    });
    return RasterImage.fromPng(Uint8Array.from(bytes));
  }
}

/** The largest difference between two images at any pixel, in 255ths. */
export function largestDifference(left: RasterImage, right: RasterImage | undefined): number {
  if (left.data.length !== right?.data.length) return Number.POSITIVE_INFINITY;
  return left.data.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (right.data[index] ?? 0))),
    0,
  );
}
