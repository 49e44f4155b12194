import type { FakeHub } from "@onestep/fake-hub";
import { dropFiles } from "@onestep/vitest-setup/drop-files";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { type FolderServer, isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import { mostWorkInOneTask, watchMainThread } from "@onestep/vitest-setup/watch-main-thread";
import { ConsistencyModelPipeline, RasterImage, TorchGenerator } from "onestep";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BuiltPlayground, buildPlayground } from "./build-playground.ts";
import { Driver, largestDifference } from "./driver.ts";
import { emojiFolder, startEmojiHub } from "./emoji-hub.ts";

let playground: BuiltPlayground;
let server: FolderServer;
let hub: FakeHub;
let browser: Browser;
let inNode: ConsistencyModelPipeline;
let context: BrowserContext;

beforeAll(async () => {
  [playground, hub, browser, inNode] = await Promise.all([
    buildPlayground(),
    startEmojiHub(),
    openChromium(),
    ConsistencyModelPipeline.fromPretrained(),
  ]);
  server = await serveFolders({ "": playground.folder }, isolationHeaders);
}, 120_000);

afterAll(async () => {
  await Promise.all([browser?.close(), server?.close(), hub?.close(), inNode?.dispose()]);
  await playground?.remove();
});

afterEach(async () => {
  await context?.close();
});

async function newDriver(options: BrowserContextOptions = {}): Promise<Driver> {
  context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return new Driver(page);
}

describe("the playground", { timeout: 120_000 }, () => {
  it("opens with a picture that the model made, within its content security policy", async () => {
    const driver = await newDriver();
    const { page } = driver;
    const refusals: string[] = [];
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) refusals.push(message.text());
    });
    await page.goto(server.url, { waitUntil: "commit" });
    const source = await page.locator("#first").evaluate((image) => (image as HTMLImageElement).src);
    const shown = await RasterImage.decode(new Uint8Array(await (await fetch(source)).arrayBuffer()));
    const seeds = Array.from({ length: 30 }, (_, index) => 40 + index);
    const { images } = await inNode.generate({
      classLabels: seeds.map((_, index) => index),
      generator: seeds.map((seed) => new TorchGenerator(seed)),
    });
    expect(largestDifference(shown, RasterImage.grid(images, { columns: 6 }))).toBeLessThanOrEqual(1);
    await driver.done();
    expect(await page.locator("#first").count()).toBe(0);
    expect(await driver.tiles.count()).toBe(30);
    expect(
      largestDifference(await driver.canvas("#tiles li:nth-child(9) canvas"), images[8]),
    ).toBeLessThanOrEqual(1);
    expect(refusals).toEqual([]);
    const policy = page.locator('meta[http-equiv="Content-Security-Policy"]');
    expect(await policy.getAttribute("content")).toContain("script-src 'self' 'wasm-unsafe-eval'");
    const preview = await page.locator('meta[property="og:image"]').getAttribute("content");
    const answer = await fetch(new URL(preview ?? "", server.url));
    expect(answer.status).toBe(200);
  });

  it("makes an image of every choice at once, the newest first, and shows what each step predicts", async () => {
    const driver = await newDriver();
    const { page } = driver;
    await driver.open(server.url);
    for (const name of ["fox", "pizza", "rocket"]) await driver.choose("Class", name);
    await driver.done();
    const { images } = await inNode.generate({ classLabels: "rocket", seed: 40 });
    expect(largestDifference(await driver.pixels(0), images[0])).toBeLessThanOrEqual(1);
    expect(await page.locator("#label-name").textContent()).toBe("rocket");
    await page.getByLabel("Seed", { exact: true }).fill("5");
    await driver.done();
    const { images: fives } = await inNode.generate({ classLabels: "rocket", seed: 5 });
    expect(largestDifference(await driver.pixels(0), fives[0])).toBeLessThanOrEqual(1);
    await driver.choose("Steps", "2");
    await driver.done();
    expect(await page.locator("#strip button").allTextContents()).toEqual(["Noise", "Step 1", "Step 2"]);
    // The first of two steps predicts what a single step makes.
    const first = await driver.canvas("#strip li:nth-child(2) canvas");
    expect(largestDifference(first, fives[0])).toBeLessThanOrEqual(1);
    // The same image again is kept once.
    const made = await driver.gallery.count();
    await driver.generate();
    expect(await driver.gallery.count()).toBe(made);
  });

  it("makes the image of Node, and another for another seed; is cancelled; works offline", async () => {
    const own = await serveFolders({ "": playground.folder }, isolationHeaders);
    const driver = await newDriver();
    const { page } = driver;
    await driver.open(own.url);
    await driver.choose("Class", "fox");
    await driver.choose("Steps", "2");
    await page.getByLabel("Images", { exact: true }).fill("1");
    await driver.generate();
    const { images } = await inNode.generate({ classLabels: "fox", timesteps: [32, 0], seed: 40 });
    expect(largestDifference(await driver.pixels(0), images[0])).toBeLessThanOrEqual(1);
    await expect(page.locator("#label-settings").textContent()).resolves.toBe(
      "emoji32 · seed 40 · 2 steps at 32, 0",
    );
    await expect(page.locator("#label-speed").textContent()).resolves.toMatch(
      /^wasm, \d+ threads? · [\d.]+ m?s a step · [\d.]+ images?\/s$/,
    );
    expect(new URL(page.url()).hash).toBe("#class=8&seed=40&timesteps=32,0");
    expect(await page.locator("#program-typescript").textContent()).toContain('classLabels: "fox",');
    expect(await page.locator("#program-python").textContent()).toContain("class_labels=8,");

    await driver.button("Another seed").click();
    const seed = Number(await page.getByLabel("Seed", { exact: true }).inputValue());
    await driver.done();
    const another = await inNode.generate({ classLabels: 8, timesteps: [32, 0], seed });
    expect(largestDifference(await driver.pixels(0), another.images[0])).toBeLessThanOrEqual(1);

    await driver.choose("Steps", "Own");
    const all = Array.from({ length: 40 }, (_, index) => 39 - index).join(" ");
    await page.getByLabel("Timesteps, descending").fill(all);
    await page.getByLabel("Images", { exact: true }).fill("16");
    const made = await driver.gallery.count();
    await driver.button("Generate").click();
    await page.getByText("Step 1 of 40").first().waitFor();
    await driver.button("Cancel").click();
    await page.getByText("Cancelled").waitFor();
    expect(await driver.gallery.count()).toBe(made);
    await expect(
      driver.button("Generate").evaluate((button) => document.activeElement === button),
    ).resolves.toBe(true);

    await own.close();
    await context.setOffline(true);
    await page.reload();
    await driver.done();
    expect(largestDifference(await driver.pixels(0), another.images[0])).toBeLessThanOrEqual(1);
    await driver.classText.fill("roket");
    await page.getByText("Did you mean rocket?").waitFor();
    await driver.classText.fill("Rocket");
    await page.getByRole("radio", { name: "rocket", checked: true }).waitFor();
    await driver.generate();
    const rocket = await inNode.generate({ classLabels: 29, timesteps: [32, 0], seed });
    expect(largestDifference(await driver.pixels(0), rocket.images[0])).toBeLessThanOrEqual(1);
    await page.getByText("Works offline").waitFor();
  });

  it("is isolated on a server without headers, and shows the batch that a link asks for", async () => {
    const plain = await serveFolders({ "": playground.folder }, {});
    const driver = await newDriver();
    await driver.page.goto(`${plain.url}#class=each&seed=4294967295&steps=1&images=3`);
    await driver.done();
    expect(await driver.page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await driver.page.locator("#label-name").isVisible()).toBe(true);
    expect(await driver.tiles.count()).toBe(3);
    const seeds = [4294967295, 0, 1];
    const { images } = await inNode.generate({
      classLabels: [0, 1, 2],
      generator: seeds.map((seed) => new TorchGenerator(seed)),
    });
    for (const [index, image] of images.entries()) {
      expect(largestDifference(await driver.pixels(index), image)).toBeLessThanOrEqual(1);
    }
    await driver.tiles.nth(1).click();
    const dialog = driver.page.getByRole("dialog", { name: "smiling face with heart-eyes" });
    await dialog.getByText("emoji32 · seed 0 · 1 step").waitFor();
    const downloading = driver.page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Download PNG" }).click();
    expect((await downloading).suggestedFilename()).toBe("smiling-face-with-heart-eyes-seed0.png");
    await driver.page.keyboard.press("Escape");
    await driver.page.locator("a.skip").focus();
    await driver.page.keyboard.press("Enter");
    await driver.page.locator("#controls:focus").waitFor();
    expect(await driver.page.getByLabel("Seed", { exact: true }).inputValue()).toBe("4294967295");
    expect(await driver.tiles.count()).toBe(3);
    await plain.close();
  });

  it("can be used with the keyboard alone", async () => {
    const driver = await newDriver({ reducedMotion: "reduce" });
    const { page } = driver;
    const { keyboard } = page;
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        const value = element instanceof HTMLInputElement ? element.value : undefined;
        return element?.getAttribute("aria-label") ?? value ?? element?.textContent?.trim();
      });
    await driver.open(server.url);
    await keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the controls");
    await keyboard.press("Enter");
    await page.locator("#controls:focus").waitFor();
    await keyboard.press("Tab");
    expect(await focused()).toBe("shipped");
    await keyboard.press("Tab");
    expect(await focused()).toBe("Class: a name or a number");
    await keyboard.type("cat face");
    await keyboard.press("Tab");
    expect(await focused()).toBe("7");
    await keyboard.press("ArrowRight");
    // The image that is made meanwhile takes no focus away.
    await driver.done();
    expect(await focused()).toBe("8");
    await keyboard.press("Tab");
    expect(await focused()).toBe("1");
    await keyboard.press("Tab");
    await keyboard.press("ArrowUp");
    expect(await focused()).toBe("41");
    for (let press = 0; press < 3; press += 1) await keyboard.press("Tab");
    // One class makes one image.
    expect(await focused()).toBe("1");
    await keyboard.press("Enter");
    await driver.done();
    expect(await focused()).toBe("1");
    const { images } = await inNode.generate({ classLabels: 8, seed: 41 });
    expect(largestDifference(await driver.pixels(0), images[0])).toBeLessThanOrEqual(1);
    await keyboard.press("ArrowUp");
    await keyboard.press("Enter");
    await driver.done();
    await page.locator("#gallery button").first().focus();
    await keyboard.press("Enter");
    const seed = page.locator("#enlarged-settings");
    expect(await seed.textContent()).toContain("seed 41");
    await keyboard.press("ArrowRight");
    expect(await seed.textContent()).toContain("seed 42");
    await keyboard.press("Escape");
    expect(await focused()).toBe("foxseed 41");
  });

  it("loads a model of the Hub and files, and says what is wrong where it cannot", async () => {
    const driver = await newDriver();
    const { page } = driver;
    const alert = page.getByRole("alert");
    await driver.open(server.url);
    expect(await page.getByLabel("Images", { exact: true }).inputValue()).toBe("30");
    await driver.choose("Model", "From the Hub");
    expect(await page.getByLabel("Images", { exact: true }).inputValue()).toBe("1");
    await driver.button("Generate").click();
    await alert.getByText("an id of the Hub such as").waitFor();
    await expect(
      page.getByLabel("Model id").evaluate((field) => document.activeElement === field),
    ).resolves.toBe(true);

    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Endpoint").fill(hub.endpoint);
    await page.getByLabel("Model id").fill("someone/nothing");
    await driver.button("Generate").click();
    await alert.getByText("What to do").waitFor();
    expect(await alert.textContent()).toContain("someone/nothing");

    await page.getByLabel("Model id").fill("someone/emoji");
    await driver.classText.fill("8");
    await driver.generate();
    const { images } = await inNode.generate({ classLabels: 8, seed: 40 });
    expect(largestDifference(await driver.pixels(0), images[0])).toBeLessThanOrEqual(1);
    expect(new URL(page.url()).hash).toBe("#model=someone/emoji&class=8&seed=40&steps=1");
    await page.getByRole("radio", { name: "fox", checked: true }).waitFor();
    expect(await page.locator("#label-name").textContent()).toBe("fox");
    for (const [wrong, remedy] of [
      ["30", "the name of a class, or a number from 0 to 29"],
      ["piza", "Did you mean pizza?"],
    ] as const) {
      await driver.classText.fill(wrong);
      await driver.button("Generate").click();
      await alert.getByText(remedy).waitFor();
    }
    await driver.classText.fill("fox");

    await page.getByLabel("Model id").fill("someone/unnamed");
    await driver.generate();
    await page.getByText("A number from 0 to 29.").waitFor();
    expect(await page.locator("#label-name").textContent()).toBe("class 8");
    expect(await page.locator("#program-typescript").textContent()).toContain("classLabels: 8,");
    await page.getByLabel("Seed", { exact: true }).fill("7.5");
    await driver.button("Generate").click();
    await alert.getByText("a whole number from 0 to 4294967295").waitFor();

    await page.getByLabel("Seed", { exact: true }).fill("40");
    await driver.choose("Model", "Your files");
    await driver.button("Generate").click();
    await alert.getByText("Choose one, or drop it on the page.").waitFor();
    await page.locator("#folder-input").setInputFiles(emojiFolder);
    await driver.generate();
    expect(largestDifference(await driver.pixels(0), images[0])).toBeLessThanOrEqual(1);
    await expect(page.locator("#label-settings").textContent()).resolves.toBe("emoji32 · seed 40 · 1 step");
    expect(await driver.classText.inputValue()).toBe("fox");

    await driver.choose("Model", "From the Hub");
    await dropFiles(page, [emojiFolder]);
    await page.getByRole("radio", { name: "Your files", checked: true }).waitFor();
    await driver.generate();
    expect(largestDifference(await driver.pixels(0), images[0])).toBeLessThanOrEqual(1);
  });

  it("keeps its main thread free while it loads and generates", async () => {
    const driver = await newDriver();
    const { longTasks, longestWork } = await watchMainThread(browser, driver.page, async () => {
      await driver.open(server.url);
      await driver.generate();
      await driver.button("Another seed").click();
      await driver.generate();
    });
    expect(longestWork).toBeGreaterThan(0);
    expect(
      longTasks.length === 0 || longestWork <= mostWorkInOneTask,
      `${longTasks} ms, of which own: ${longestWork} ms`,
    ).toBe(true);
  });
});
