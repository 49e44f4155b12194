import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dropFiles } from "@onestep/vitest-setup/drop-files";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { type FolderServer, isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import {
  ConsistencyModelColorizationPipeline,
  ConsistencyModelDenoisingPipeline,
  ConsistencyModelImg2ImgPipeline,
  ConsistencyModelPipeline,
  RasterImage,
  randnTensor,
  resizeTensor,
  TorchGenerator,
} from "onestep";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BuiltPlayground, buildPlayground } from "./build-playground.ts";
import { Driver, largestDifference } from "./driver.ts";
import { findViolations } from "./find-violations.ts";

let playground: BuiltPlayground;
let server: FolderServer;
let browser: Browser;
let inNode: ConsistencyModelPipeline;
let context: BrowserContext;
let folder: string;
/** An apple of the model's size, and the file that holds it. */
let apple: RasterImage;
let appleFile: string;

beforeAll(async () => {
  [playground, browser, inNode, folder] = await Promise.all([
    buildPlayground(),
    openChromium(),
    ConsistencyModelPipeline.fromPretrained(),
    mkdtemp(join(tmpdir(), "onestep-edits-")),
  ]);
  server = await serveFolders({ "": playground.folder }, isolationHeaders);
  const { images } = await inNode.generate({ classLabels: "red apple", seed: 1 });
  [apple] = images as [RasterImage];
  appleFile = join(folder, "apple.png");
  await writeFile(appleFile, await apple.toPng());
}, 120_000);

afterAll(async () => {
  await Promise.all([browser?.close(), server?.close(), inNode?.dispose()]);
  await playground?.remove();
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  await context?.close();
});

/** A page with a red apple of seed 40, which is quick to make. */
async function openPage(options: BrowserContextOptions = {}): Promise<Driver> {
  context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const driver = new Driver(page);
  await driver.open(`${server.url}#class=21&seed=40&steps=1`);
  return driver;
}

async function chooseApple(driver: Driver): Promise<void> {
  await driver.page.locator("#picture-input").setInputFiles(appleFile);
  await driver.page.getByText("apple.png, fitted to 32 × 32.").waitFor();
}

/** Paints a line across the middle of the canvas. */
async function paintLine(page: Page): Promise<void> {
  const box = await page.locator("#paint").boundingBox();
  if (box === null) throw new Error("There is no canvas to paint on.");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 0.3 * box.width, y);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.7 * box.width, y, { steps: 5 });
  await page.mouse.up();
}

/** Asks for an edit until it is made of what is chosen now. */
async function generate(driver: Driver): Promise<RasterImage> {
  await driver.generate();
  return driver.canvas("#tiles canvas");
}

const channels = [0, 1, 2] as const;

describe("edits in the playground", { timeout: 120_000 }, () => {
  it("colours a picture, enlarges it and removes noise, as the pipelines do in Node", async () => {
    const driver = await openPage();
    const { page } = driver;
    await driver.choose("What to do", "Colour");
    await chooseApple(driver);
    const colored = await generate(driver);
    const options = { classLabels: "red apple", numInferenceSteps: 10, generator: [new TorchGenerator(40)] };
    const grey = new Uint8Array(32 * 32).map((_, pixel) => {
      const [red = 0, green = 0, blue = 0] = apple.data.subarray(3 * pixel, 3 * pixel + 3);
      return Uint8ClampedArray.of(0.2989 * red + 0.587 * green + 0.114 * blue)[0] ?? 0;
    });
    const image = new RasterImage({ width: 32, height: 32, channels: 1, data: grey });
    const colorize = ConsistencyModelColorizationPipeline.fromPipe(inNode);
    const expected = await colorize.generate({ ...options, image });
    expect(largestDifference(colored, expected.images[0])).toBeLessThanOrEqual(2);
    expect(await page.locator("#label-settings").textContent()).toBe(
      "emoji32 · coloured · seed 40 · 10 steps",
    );
    expect(await page.locator("#program-typescript").textContent()).toContain(
      "ConsistencyModelColorizationPipeline.fromPretrained()",
    );
    expect(await page.locator("#python").isHidden()).toBe(true);
    expect(await page.locator("#copy-link").isHidden()).toBe(true);

    await driver.choose("What to do", "Enlarge");
    const enlarged = await generate(driver);
    for (let block = 0; block < 64; block += 1) {
      for (const channel of channels) {
        const averageOf = ({ data }: RasterImage): number => {
          let sum = 0;
          for (let pixel = 0; pixel < 16; pixel += 1) {
            const row = 4 * Math.floor(block / 8) + Math.floor(pixel / 4);
            const column = 4 * (block % 8) + (pixel % 4);
            sum += data[3 * (32 * row + column) + channel] ?? 0;
          }
          return sum / 16;
        };
        // The averages are rounded on their way in, and the pixels on their way out.
        expect(Math.abs(averageOf(enlarged) - averageOf(apple))).toBeLessThan(1.1);
      }
    }

    await driver.choose("What to do", "Clean up");
    const cleaned = await generate(driver);
    const pixels = apple.toTensor();
    const noise = randnTensor(pixels.shape, new TorchGenerator(40)).mul(0.6 / 2);
    const denoise = ConsistencyModelDenoisingPipeline.fromPipe(inNode);
    const denoised = await denoise.generate({
      image: pixels.add(noise),
      sigma: 0.6,
      classLabels: "red apple",
    });
    expect(largestDifference(cleaned, denoised.images[0])).toBeLessThanOrEqual(1);
    // What the model gets to see stands beside it.
    expect(largestDifference(await driver.canvas("#before"), apple)).toBeGreaterThan(20);
  });

  it("repaints what is painted over, by mouse, touch and keys, and keeps the rest", async () => {
    const driver = await openPage({ hasTouch: true });
    const { page } = driver;
    await dropFiles(page, [appleFile]);
    await page.getByRole("radio", { name: "Repaint", checked: true }).waitFor();
    await driver.button("Generate").click();
    await page.getByRole("alert").getByText("Paint on the picture.").waitFor();
    await expect(
      page.locator("#paint").evaluate((canvas) => document.activeElement === canvas),
    ).resolves.toBe(true);
    await paintLine(page);
    await driver.done();
    const [repainted, mask] = [
      await driver.canvas("#tiles canvas"),
      changedRows(apple, await driver.canvas("#tiles canvas")),
    ];
    expect(mask.length).toBeGreaterThan(0);
    for (const row of mask) expect(Math.abs(row - 15.5)).toBeLessThan(4);
    await driver.button("Undo").click();
    await driver.button("Generate").click();
    await page.getByRole("alert").getByText("Paint on the picture.").waitFor();

    await page.locator("#paint").tap({ position: { x: 20, y: 20 } });
    await driver.done();
    const tapped = await driver.canvas("#tiles canvas");
    expect(largestDifference(tapped, repainted)).toBeGreaterThan(0);
    expect(Math.max(...changedRows(apple, tapped), 0)).toBeLessThan(8);
    await driver.button("Clear").click();

    await page.locator("#paint").focus();
    await page.keyboard.press("Space");
    await driver.done();
    await expect(page.locator("#announcer").textContent()).resolves.toMatch(/^Done: red apple, seed 40/);
    // From where the finger was.
    for (let press = 0; press < 13; press += 1) {
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowRight");
    }
    expect(await page.locator("#announcer").textContent()).toBe("column 15, row 15");
    await page.keyboard.press("Shift+ArrowRight");
    await driver.done();
    const rows = changedRows(apple, await driver.canvas("#tiles canvas"));
    expect(Math.max(...rows)).toBeGreaterThan(11);
    await page.keyboard.press("z");
    await driver.done();
    expect(Math.max(...changedRows(apple, await driver.canvas("#tiles canvas")), 0)).toBeLessThan(8);
    expect(await findViolations(page)).toEqual([]);
  });

  it("makes a picture of strokes", async () => {
    const driver = await openPage();
    const { page } = driver;
    await driver.choose("What to do", "Paint");
    await driver.button("Generate").click();
    await page.getByRole("alert").getByText("a few strokes").waitFor();
    await page.getByRole("radio", { name: "Green" }).check();
    await paintLine(page);
    await driver.done();
    const painted = await driver.canvas("#paint");
    const size = { width: 32, height: 32 };
    const small = resizeTensor(painted.toTensor(), size).clamp(0, 1);
    const img2img = ConsistencyModelImg2ImgPipeline.fromPipe(inNode);
    const { images } = await img2img.generate({
      image: small,
      strength: 0.6,
      classLabels: "red apple",
      numInferenceSteps: 10,
      generator: [new TorchGenerator(40)],
    });
    // The page rounds the small picture to bytes on its way to the pipeline.
    expect(largestDifference(await driver.canvas("#tiles canvas"), images[0])).toBeLessThanOrEqual(4);
    expect(await findViolations(page)).toEqual([]);
  });

  it("blends two seeds and two pictures, with a slider from one to the other", async () => {
    const driver = await openPage();
    const { page } = driver;
    await driver.choose("What to do", "Blend");
    await driver.done();
    const slider = page.getByRole("slider", { name: "Between the first and the second" });
    for (const [position, seed] of [
      ["0", 40],
      ["8", 41],
    ] as const) {
      await slider.fill(position);
      const { images } = await inNode.generate({ classLabels: "red apple", seed });
      expect(largestDifference(await driver.canvas("#tiles canvas"), images[0])).toBeLessThanOrEqual(1);
    }
    await page.getByRole("radio", { name: "Two pictures" }).check();
    await chooseApple(driver);
    await driver.generate();
    await slider.fill("0");
    expect(largestDifference(await driver.canvas("#tiles canvas"), apple)).toBe(0);
    expect(await findViolations(page)).toEqual([]);
  });

  it("takes a picture from the clipboard or from what was made, and refuses what is not one", async () => {
    const driver = await openPage();
    const { page } = driver;
    const bytes = [...(await apple.toPng())];
    await page.evaluate((png) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([Uint8Array.from(png)], "image.png", { type: "image/png" }));
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }, bytes);
    await page.getByRole("radio", { name: "Repaint", checked: true }).waitFor();
    await driver.choose("What to do", "Enlarge");
    await driver.done();
    await driver.choose("What to do", "Make");
    await driver.done();
    await driver.tiles.first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Edit this picture" }).click();
    await page.getByRole("radio", { name: "Repaint", checked: true }).waitFor();
    await expect
      .poll(async () => largestDifference(await driver.canvas("#tiles canvas"), await shrunk(driver)))
      .toBeLessThanOrEqual(1);
    await page
      .locator("#picture-input")
      .setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("not a picture") });
    await page.getByRole("alert").getByText("notes.png is not a picture").waitFor();
  });
});

/** The rows in which two pictures differ by more than rounding. */
function changedRows(before: RasterImage, after: RasterImage): readonly number[] {
  const rows = new Set<number>();
  after.data.forEach((value, index) => {
    if (Math.abs(value - (before.data[index] ?? 0)) > 0) rows.add(Math.floor(index / (3 * 32)));
  });
  return [...rows];
}

/** What is on the canvas to paint on, in the model's size: one of each block of equal pixels. */
async function shrunk(driver: Driver): Promise<RasterImage> {
  const { width, data } = await driver.canvas("#paint");
  const scale = width / 32;
  const small = Uint8Array.from({ length: 3 * 32 * 32 }, (_, index) => {
    const [pixel, channel] = [Math.floor(index / 3), index % 3];
    const from = scale * Math.floor(pixel / 32) * width + scale * (pixel % 32);
    return data[3 * from + channel] ?? 0;
  });
  return new RasterImage({ width: 32, height: 32, channels: 3, data: small });
}
