import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { pageRoutes } from "@onestep/server/node";
import { dropFiles } from "@onestep/vitest-setup/drop-files";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { Hono } from "hono";
import { RasterImage } from "onestep";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BuiltPlayground, buildPlayground } from "./build-playground.ts";
import { Driver } from "./driver.ts";
import { FakeService, serve } from "./fake-service.ts";
import { findViolations } from "./find-violations.ts";

let playground: BuiltPlayground;
let browser: Browser;
let context: BrowserContext;
let service: FakeService;
let server: Awaited<ReturnType<typeof serve>>;
let refusals: string[];
let folder: string;

beforeAll(async () => {
  [playground, browser, folder] = await Promise.all([
    buildPlayground("service"),
    openChromium(),
    mkdtemp(join(tmpdir(), "onestep-service-")),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([browser?.close(), playground?.remove(), rm(folder, { recursive: true, force: true })]);
});

beforeEach(async () => {
  service = new FakeService();
  const app = new Hono();
  await pageRoutes(app, { folder: playground.folder });
  const pages = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  server = await serve(
    (request, response) => service.answer(request, response),
    async (request, response) => {
      await pages(request, response);
      return true;
    },
  );
  refusals = [];
});

afterEach(async () => {
  await context?.close();
  await server?.close();
  expect(refusals).toEqual([]);
});

async function openPage(fragment = "", options: BrowserContextOptions = {}): Promise<Driver> {
  context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) refusals.push(message.text());
  });
  page.on("pageerror", (error) => refusals.push(error.message));
  await page.goto(`${server.url}${fragment}`);
  await page.locator("#served-model option").first().waitFor({ state: "attached" });
  return new Driver(page);
}

async function chooseModel(driver: Driver, id: string): Promise<void> {
  await driver.page.getByLabel("Model", { exact: true }).selectOption(id);
}

/** The colour in the middle of a canvas. */
async function colorOf(driver: Driver, selector = "#tiles canvas"): Promise<readonly number[]> {
  const { width, height, data } = await driver.canvas(selector);
  const middle = 3 * (Math.floor(height / 2) * width + Math.floor(width / 2));
  return [...data.subarray(middle, middle + 3)];
}

function imageOf(value: unknown): RasterImage {
  if (value instanceof RasterImage) return value;
  throw new TypeError("The request has no such picture.");
}

describe("the playground of a service", { timeout: 120_000 }, () => {
  it("makes an image of a class, shows a preview on the way, and keeps it in the gallery", async () => {
    const driver = await openPage();
    const { page } = driver;
    expect(await page.locator("#hub-outline").textContent()).toBe("ConsistencyModelPipeline");
    await driver.choose("Class", "fox");
    await page.getByLabel("Seed", { exact: true }).fill("7");
    // Nothing is made before it is asked for: others use the service, too.
    expect(service.requests).toEqual([]);
    const release = service.hold();
    await driver.button("Generate").click();
    await page.locator("#strip button", { hasText: "Preview 1" }).waitFor();
    expect(await colorOf(driver)).toEqual([255, 200, 0]);
    release();
    await driver.done();
    expect(await page.locator("#strip button").allTextContents()).toEqual(["Preview 1", "Image"]);
    expect(await colorOf(driver)).toEqual([0, 100, 200]);
    expect(service.requests).toEqual([
      {
        path: "/v1/images/generations",
        authorization: undefined,
        fields: {
          model: "emoji32",
          n: 1,
          seed: 7,
          num_inference_steps: 2,
          class_labels: "fox",
          stream: true,
          partial_images: 1,
        },
      },
    ]);
    expect(await page.locator("#label-name").textContent()).toBe("fox");
    expect(await page.locator("#label-settings").textContent()).toBe("emoji32 · seed 7 · 2 steps");
    expect(await page.locator("#label-speed").textContent()).toMatch(
      /^127\.0\.0\.1:\d+ · [\d.]+ m?s · [\d.]+ images?\/s$/,
    );
    expect(new URL(page.url()).hash).toBe("#model=emoji32&class=1&seed=7&steps=2");
    expect(await driver.gallery.count()).toBe(1);
    const downloading = page.waitForEvent("download");
    await driver.button("PNG").click();
    expect((await downloading).suggestedFilename()).toBe("fox-seed7.png");
  });

  it("makes an image of each class in one request, and opens what a link asks for", async () => {
    const driver = await openPage("#model=emoji32&class=each&seed=5&steps=1&images=3");
    expect(service.requests).toEqual([]);
    await driver.generate();
    expect(service.requests[0]?.fields).toMatchObject({
      n: 3,
      seed: 5,
      class_labels: ["grinning face", "fox", "rocket"],
      partial_images: 0,
    });
    expect(await driver.tiles.count()).toBe(3);
    expect(await colorOf(driver, "#tiles li:nth-child(3) canvas")).toEqual([0, 102, 200]);
    expect(await driver.page.locator("#strip button").allTextContents()).toEqual([
      "1 of 3",
      "2 of 3",
      "3 of 3",
    ]);
    await driver.tiles.nth(1).click();
    await driver.page.getByRole("dialog").getByText("emoji32 · seed 6 · 1 step").waitFor();
  });

  it("makes images from a prompt, from a picture that is dropped, and repaints a part of one", async () => {
    const driver = await openPage();
    const { page } = driver;
    await chooseModel(driver, "stable-diffusion");
    expect(await page.getByLabel("Guidance").inputValue()).toBe("7.5");
    await page.getByLabel("Prompt").fill("a red fox");
    await page.getByLabel("What to avoid").fill("blurry");
    await page.getByLabel("Width").fill("128");
    await page.getByLabel("Seed", { exact: true }).fill("3");
    await driver.generate();
    expect(service.requests.at(-1)?.fields).toEqual({
      model: "stable-diffusion",
      n: 1,
      seed: 3,
      num_inference_steps: 8,
      prompt: "a red fox",
      negative_prompt: "blurry",
      guidance_scale: 7.5,
      size: "128x64",
      stream: true,
      partial_images: 3,
    });
    expect(await page.locator("#strip button").allTextContents()).toEqual([
      "Preview 1",
      "Preview 2",
      "Preview 3",
      "Image",
    ]);
    const data = new Uint8Array(3 * 64 * 64).fill(90);
    const file = join(folder, "grey.png");
    await writeFile(file, await new RasterImage({ width: 64, height: 64, channels: 3, data }).toPng());
    await dropFiles(page, [file]);
    await page.getByText("grey.png, fitted to 128 × 64.").waitFor();
    await driver.generate();
    expect(service.requests.at(-1)?.path).toBe("/v1/images/edits");
    const fields = service.requests.at(-1)?.fields ?? {};
    expect(fields).toMatchObject({ prompt: "a red fox", strength: "0.6", seed: "3", stream: "true" });
    const sent = imageOf(fields["image"]);
    expect([sent.width, sent.height, sent.data[0]]).toEqual([128, 64, 90]);
    expect(fields["mask"]).toBeUndefined();

    await driver.choose("What to do", "Repaint");
    await driver.button("Generate").click();
    await page.getByRole("alert").getByText("nothing painted").waitFor();
    await page.locator("#paint").focus();
    await page.keyboard.press("Space");
    await driver.generate();
    const repaint = service.requests.at(-1)?.fields ?? {};
    expect(repaint).toMatchObject({ prompt: "a red fox", num_inference_steps: "8" });
    expect(repaint["strength"]).toBeUndefined();
    const mask = imageOf(repaint["mask"]);
    expect([mask.width, mask.height]).toEqual([128, 64]);
    expect([Math.min(...mask.data), Math.max(...mask.data)]).toEqual([0, 255]);
    expect(await page.locator("#label-settings").textContent()).toContain("repainted");
  });

  it("offers what a model can do, and nothing else", async () => {
    const driver = await openPage();
    const { page } = driver;
    const tasks = page.getByRole("group", { name: "What to do" });
    const offered = () => tasks.getByRole("radio").locator("visible=true").count();
    await page.getByRole("radio", { name: "Paint", exact: true }).waitFor();
    expect(await offered()).toBe(3);
    const models = page.locator("#served-model option");
    expect(await models.allTextContents()).toEqual(["emoji32", "stable-diffusion", "org/plain"]);
    await chooseModel(driver, "org/plain");
    expect(await tasks.isHidden()).toBe(true);
    for (const label of ["What to avoid", "Guidance"])
      expect(await page.getByLabel(label).isHidden()).toBe(true);
    expect(await driver.button("Choose a picture").isHidden()).toBe(true);
    await page.getByLabel("Prompt").fill("a fox");
    await driver.generate();
    expect(service.requests.at(-1)?.fields).not.toHaveProperty("guidance_scale");
    await chooseModel(driver, "stable-diffusion");
    expect(await offered()).toBe(2);
  });

  it("cancels by giving up the request", async () => {
    const driver = await openPage();
    const release = service.hold();
    await driver.button("Generate").click();
    await driver.page.locator("#strip button", { hasText: "Preview 1" }).waitFor();
    await driver.button("Cancel").click();
    await driver.page.getByText("Cancelled").waitFor();
    await expect.poll(() => service.cancelled).toBe(1);
    expect(await driver.gallery.count()).toBe(0);
    release();
    await driver.generate();
    expect(await driver.gallery.count()).toBe(1);
  });

  it("shows errors in place, before the stream and in the middle of it", async () => {
    const driver = await openPage();
    const { page } = driver;
    const alert = page.getByRole("alert");
    const message = "num_inference_steps: found 9, expected 1 to 8.";
    service.refusal = {
      status: 400,
      error: { message, type: "invalid_request_error", param: "num_inference_steps", code: "invalid_value" },
    };
    await driver.button("Generate").click();
    await alert.getByText(message).waitFor();
    const steps = page.locator("#steps-count");
    expect(await steps.getAttribute("aria-invalid")).toBe("true");
    expect(await steps.evaluate((field) => document.activeElement === field)).toBe(true);
    await steps.fill("3");
    expect(await steps.getAttribute("aria-invalid")).toBe("false");
    service.breaks = true;
    await driver.button("Generate").click();
    await alert.getByText("The worker has stopped.").waitFor();
    await driver.generate();
    expect(await alert.isHidden()).toBe(true);
    await page.route("**/v1/images/generations", (route) => route.abort());
    await driver.button("Generate").click();
    await alert.getByText("The server cannot be reached").waitFor();
  });

  it("asks for a key once, again if it is refused, and keeps it for the tab", async () => {
    service.key = "right";
    context = await browser.newContext({ reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(server.url);
    const dialog = page.getByRole("dialog", { name: "API key" });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("alert").getByText("The API key is missing or wrong.").waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await dialog.getByLabel("Key", { exact: true }).fill("wrong");
    await page.keyboard.press("Enter");
    await dialog.getByText("does not accept this key").waitFor();
    await dialog.getByLabel("Key", { exact: true }).fill("right");
    await dialog.getByRole("button", { name: "Continue" }).click();
    const driver = new Driver(page);
    await page.locator("#served-model option").first().waitFor({ state: "attached" });
    await driver.generate();
    expect(service.requests.at(-1)?.authorization).toBe("Bearer right");
    await page.reload();
    await driver.generate();
    expect(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }])).toEqual([
      {},
      { "onestep-api-key": "right" },
    ]);
    // The operator has changed the key while the page is open.
    service.key = "new";
    await driver.button("Generate").click();
    await dialog.getByLabel("Key", { exact: true }).fill("new");
    await page.keyboard.press("Enter");
    await driver.done();
    expect(service.requests.at(-1)?.authorization).toBe("Bearer new");
  });

  it.each([
    { name: "desktop", viewport: { width: 1280, height: 860 } },
    { name: "phone", viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
  ])(
    "has nothing that axe-core finds, and no sideways scrolling: $name",
    async ({ name: _name, ...options }) => {
      const driver = await openPage("", { ...options, colorScheme: "light" });
      const { page } = driver;
      const isNarrow = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
      await driver.generate();
      for (const model of ["emoji32", "stable-diffusion"]) {
        await chooseModel(driver, model);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          expect(await findViolations(page)).toEqual([]);
        }
        expect(await isNarrow()).toBe(true);
      }
    },
  );
});
