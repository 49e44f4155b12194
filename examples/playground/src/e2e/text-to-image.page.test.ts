import type { FakeHub } from "@onestep/fake-hub";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { type FolderServer, isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import {
  AutoencoderTiny,
  AutoPipelineForImage2Image,
  AutoPipelineForText2Image,
  type RasterImage,
  type TextToImagePipeline,
} from "onestep";
import type { Browser, BrowserContext } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BuiltPlayground, buildPlayground } from "./build-playground.ts";
import { Driver, largestDifference } from "./driver.ts";
import { findViolations } from "./find-violations.ts";
import { startTextHub, textFolder } from "./text-hub.ts";

let playground: BuiltPlayground;
let server: FolderServer;
let hub: FakeHub;
let browser: Browser;
let context: BrowserContext;
const pipes: TextToImagePipeline[] = [];

const fox = "a photo of a red fox in the snow";
const size = { width: 64, height: 64 };

beforeAll(async () => {
  [playground, hub, browser] = await Promise.all([
    buildPlayground(),
    startTextHub(["lcm-tiny", "sd15-tiny", "sd15-taesd-tiny"]),
    openChromium(),
  ]);
  server = await serveFolders({ "": playground.folder }, isolationHeaders);
}, 120_000);

afterAll(async () => {
  await Promise.all([
    browser?.close(),
    server?.close(),
    hub?.close(),
    ...pipes.map((pipe) => pipe.dispose()),
  ]);
  await playground?.remove();
});

afterEach(async () => {
  await context?.close();
});

/** The same repository in Node. */
async function openInNode(name: string): Promise<TextToImagePipeline> {
  const pipe = await AutoPipelineForText2Image.fromPretrained(textFolder(name));
  pipes.push(pipe);
  return pipe;
}

/** A page on which a model of the fake Hub is chosen. */
async function openModel(id: string): Promise<Driver> {
  context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const driver = new Driver(page);
  await driver.open(`${server.url}#class=8&seed=0&steps=1`);
  await driver.choose("Model", "From the Hub");
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Endpoint").fill(hub.endpoint);
  hub.clearRequests();
  await page.getByLabel("Model id").fill(id);
  await page.getByLabel("Model id").press("Tab");
  return driver;
}

function requestsForWeights(): readonly string[] {
  return hub.requests.map(({ path }) => path).filter((path) => /resolve.*\.(?:safetensors|bin)/.test(path));
}

/** Waits for the images of a run that was begun without a click on Generate. */
async function madeOf(driver: Driver): Promise<RasterImage> {
  await driver.done();
  return driver.pixels(0);
}

describe("text to image in the playground", { timeout: 120_000 }, () => {
  it("says what a model is before it is fetched, and makes the image of Node", async () => {
    const driver = await openModel("tiny/lcm-tiny");
    const { page } = driver;
    await page.getByText(/^LatentConsistencyModelPipeline, 766 kB to download\.$/).waitFor();
    expect(requestsForWeights()).toEqual([]);
    expect(await page.getByRole("group", { name: "Class" }).isHidden()).toBe(true);
    expect(await page.getByRole("group", { name: "What to do" }).isHidden()).toBe(true);
    await driver.button("Generate").click();
    await page.getByRole("alert").getByText("Describe it in a few words.").waitFor();
    expect(requestsForWeights()).toEqual([]);
    await page.getByLabel("Prompt").fill(fox);
    await page.getByLabel("Prompt").press("Enter");
    const image = await madeOf(driver);
    expect(await page.getByLabel("What to avoid").isHidden()).toBe(true);
    expect(await page.getByLabel("Guidance").inputValue()).toBe("8.5");
    const values = await Promise.all(["Width", "Height"].map((side) => page.getByLabel(side).inputValue()));
    expect(values).toEqual(["64", "64"]);
    await page.getByText("Steps are shown as a linear estimate of the latents").waitFor();
    expect(await page.locator("#strip button").allTextContents()).toEqual([
      "Step 1",
      "Step 2",
      "Step 3",
      "Step 4",
    ]);
    const estimate = await driver.canvas("#strip li:first-child canvas");
    const inNode = await openInNode("lcm-tiny");
    expect(estimate.width * inNode.vae.scaleFactor).toBe(64);
    const { images } = await inNode.generate({ prompt: fox, seed: 0 });
    expect(largestDifference(image, images[0])).toBeLessThanOrEqual(1);
    expect(await page.locator("#label-name").textContent()).toBe(fox);
    expect(new URL(page.url()).hash).toBe(
      `#model=tiny/lcm-tiny&prompt=${encodeURIComponent(fox)}&guidance=8.5&size=64x64&seed=0&steps=4`,
    );
    expect(await page.locator("#program-typescript").textContent()).toContain(
      `const pipe = await AutoPipelineForText2Image.fromPretrained("tiny/lcm-tiny");`,
    );
    expect(await findViolations(page)).toEqual([]);

    await page.reload();
    await page.getByText("Nothing yet").waitFor();
    expect(await page.getByLabel("Prompt").inputValue()).toBe(fox);
    expect(await page.getByLabel("Guidance").inputValue()).toBe("8.5");
  });

  it("takes a negative prompt, guidance and a size, starts from a picture, and stops between steps", async () => {
    const driver = await openModel("tiny/sd15-tiny");
    const { page } = driver;
    await page.getByText("StableDiffusionPipeline").waitFor();
    await page.getByLabel("Prompt").fill(fox);
    await page.getByLabel("What to avoid").fill("blurry");
    await page.getByLabel("Guidance").fill("5");
    for (const [label, value] of [
      ["Steps", "3"],
      ["Width", "64"],
      ["Height", "32"],
    ] as const) {
      await page.getByRole("group", { name: "Text" }).getByLabel(label).fill(value);
    }
    await driver.generate();
    const inNode = await openInNode("sd15-tiny");
    const options = {
      prompt: fox,
      negativePrompt: "blurry",
      guidanceScale: 5,
      numInferenceSteps: 3,
      seed: 0,
    };
    const { images } = await inNode.generate({ ...options, width: 64, height: 32 });
    const first = await driver.pixels(0);
    expect(largestDifference(first, images[0])).toBeLessThanOrEqual(1);

    await page.getByRole("group", { name: "Text" }).getByLabel("Height").fill("64");
    const start = images[0] as RasterImage;
    await page
      .locator("#picture-input")
      .setInputFiles({ name: "start.png", mimeType: "image/png", buffer: Buffer.from(await start.toPng()) });
    await page.getByText("start.png, fitted to").waitFor();
    await driver.generate();
    const square = await driver.pixels(0);
    expect([square.width, square.height]).toEqual([64, 64]);
    expect(largestDifference(square, first)).toBeGreaterThan(0);
    await driver.button("Remove it").click();

    await page.getByRole("group", { name: "Text" }).getByLabel("Steps").fill("100");
    await driver.button("Generate").click();
    await page
      .getByText(/^Step \d+ of 10\d$/)
      .first()
      .waitFor();
    await driver.button("Cancel").click();
    await page.getByText("Cancelled").waitFor();
    expect(await driver.button("Cancel").isHidden()).toBe(true);
  });

  it("starts from a picture as the pipeline does in Node", async () => {
    const driver = await openModel("tiny/lcm-tiny");
    const { page } = driver;
    await page.getByText("LatentConsistencyModelPipeline").waitFor();
    const inNode = await openInNode("lcm-tiny");
    const { images } = await inNode.generate({ prompt: fox, seed: 3, ...size });
    const image = images[0] as RasterImage;
    await page.getByLabel("Prompt").fill(fox);
    await page
      .locator("#picture-input")
      .setInputFiles({ name: "start.png", mimeType: "image/png", buffer: Buffer.from(await image.toPng()) });
    await page.getByText("start.png, fitted to").waitFor();
    await driver.generate();
    const img2img = AutoPipelineForImage2Image.fromPipe(inNode);
    const { images: expected } = await img2img.generate({ prompt: fox, image, strength: 0.6, seed: 0 });
    expect(largestDifference(await driver.pixels(0), expected[0])).toBeLessThanOrEqual(1);
  });

  it("shows the steps with the small decoder of the repository", async () => {
    const driver = await openModel("tiny/sd15-taesd-tiny");
    const { page } = driver;
    await page.getByText("StableDiffusionPipeline").waitFor();
    await page.getByLabel("Prompt").fill(fox);
    await page.getByLabel("Prompt").press("Enter");
    await driver.done();
    await page.getByText("Steps are shown by a small decoder (AutoencoderTiny).").waitFor();
    const inNode = await openInNode("sd15-taesd-tiny");
    expect(inNode.vae).toBeInstanceOf(AutoencoderTiny);
    const strip = await driver.canvas("#strip li:first-child canvas");
    const made = await driver.pixels(0);
    expect([strip.width, strip.height]).toEqual([made.width, made.height]);
  });

  it("refuses a model that cannot fit before a byte of its weights is fetched", async () => {
    const driver = await openModel("someone/giant");
    const { page } = driver;
    await page.getByText("It cannot run here: 10.0 GB of weights in unet").waitFor();
    await page.getByLabel("Prompt").fill(fox);
    await driver.button("Generate").click();
    await page.getByRole("alert").getByText("Nothing was downloaded.").waitFor();
    expect(requestsForWeights()).toEqual([]);
  });
});
