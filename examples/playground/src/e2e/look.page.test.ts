import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { type FolderServer, isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BuiltPlayground, buildPlayground } from "./build-playground.ts";
import { Driver } from "./driver.ts";
import { findViolations } from "./find-violations.ts";

let playground: BuiltPlayground;
let server: FolderServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [playground, browser] = await Promise.all([buildPlayground(), openChromium()]);
  server = await serveFolders({ "": playground.folder }, isolationHeaders);
}, 120_000);

afterAll(async () => {
  await Promise.all([browser?.close(), server?.close()]);
  await playground?.remove();
});

afterEach(async () => {
  await context?.close();
});

async function newDriver(options: BrowserContextOptions): Promise<Driver> {
  context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return new Driver(page);
}

describe("the playground on a phone", { timeout: 120_000 }, () => {
  it.each([1, 2, 3])(
    "shows whole pixels, and what it makes, at %s pixels to one of the page",
    async (ratio) => {
      const driver = await newDriver({
        viewport: { width: 390, height: 844 },
        isMobile: true,
        hasTouch: true,
        deviceScaleFactor: ratio,
        reducedMotion: "reduce",
      });
      const { page } = driver;
      await driver.open(server.url);
      await page.getByRole("group", { name: "Class" }).getByRole("radio", { name: "star" }).tap();
      await driver.done();
      const { top, bottom } = await page.locator("#tiles").evaluate((tiles) => {
        const { top, bottom } = tiles.getBoundingClientRect();
        return { top, bottom };
      });
      expect(top).toBeGreaterThanOrEqual(0);
      expect(bottom).toBeLessThanOrEqual(844);
      for (const scale of await driver.scales()) {
        expect(scale).toBeGreaterThan(0.9);
        expect(Math.abs(scale - Math.round(scale))).toBeLessThan(0.01);
      }
    },
  );

  it("lets nothing cover the field that somebody writes in", async () => {
    const driver = await newDriver({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    const { page } = driver;
    await driver.open(server.url);
    for (const label of ["Class: a name or a number", "Seed", "Images"]) {
      const field = page.getByLabel(label, { exact: true });
      await page.setViewportSize({ width: 390, height: 844 });
      await field.tap();
      // As a keyboard leaves it.
      await page.setViewportSize({ width: 390, height: 430 });
      await expect
        .poll(() =>
          field.evaluate((element) => {
            const { left, top, width, height } = element.getBoundingClientRect();
            const points = [0.1, 0.5, 0.9].map((part) => [left + part * width, top + part * height] as const);
            return points.every(([x, y]) => {
              const found = document.elementFromPoint(x, y);
              return found !== null && element.parentElement?.contains(found);
            });
          }),
        )
        .toBe(true);
    }
  });
});

describe("the look of the playground", { timeout: 120_000 }, () => {
  it.each([
    { name: "desktop", viewport: { width: 1280, height: 860 } },
    {
      name: "phone",
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2.625,
    },
  ])(
    "has nothing that axe-core finds, and no sideways scrolling: $name",
    async ({ name: _name, ...options }) => {
      const driver = await newDriver({ ...options, colorScheme: "light" });
      const { page } = driver;
      const background = () =>
        page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      await driver.open(`${server.url}#class=each&steps=1&images=30`);
      await driver.done();
      const scales = await driver.scales();
      expect(scales).toHaveLength(62);
      for (const scale of scales) {
        expect(scale).toBeGreaterThan(0.9);
        expect(Math.abs(scale - Math.round(scale))).toBeLessThan(0.01);
      }
      const light = await background();
      expect(await findViolations(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await background()).not.toBe(light);
      expect(await findViolations(page)).toEqual([]);
      await driver.button("Light colours").click();
      expect(await background()).toBe(light);
      await page.reload();
      expect(await background()).toBe(light);
      await driver.done();
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await driver.tiles.first().click();
      expect(await findViolations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await driver.choose("Model", "From the Hub");
      await page.getByText("More", { exact: true }).click();
      await driver.button("Generate").click();
      await page.getByRole("alert").waitFor();
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    },
  );
});
