import { getRequestListener } from "@hono/node-server";
import { type Status, statusRoutes } from "@onestep/server";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { Hono } from "hono";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { serve } from "./fake-service.ts";
import { findViolations } from "./find-violations.ts";

const idle: Status = {
  version: "1.2.3",
  uptime_seconds: 7300,
  models: [
    { id: "emoji32", loaded: true, memory_bytes: 61_000_000, seconds_per_image: 0.055, best_batch: 8 },
    { id: "stable-diffusion", loaded: false, memory_bytes: null, seconds_per_image: null, best_batch: null },
  ],
  queue: { waiting: 0, running: 0, seconds: 0 },
  rates: { images_per_minute: 0, requests_per_minute: 0 },
  workers: [
    {
      id: "gpu-1",
      models: ["emoji32", "stable-diffusion"],
      running: 2,
      version: "1.2.3",
      last_seen_seconds: 2,
    },
    { id: "gpu-2", models: ["emoji32"], running: 0, version: "1.2.2", last_seen_seconds: 95 },
  ],
  failures: [],
};

const busy: Status = {
  ...idle,
  queue: { waiting: 12, running: 3, seconds: 150 },
  rates: { images_per_minute: 84.4, requests_per_minute: 7.25 },
  failures: [
    {
      id: "job_7f3a",
      model: "stable-diffusion",
      code: "out_of_memory",
      message: "The image is too large for <b>this</b> worker.",
      failed_at: 1_764_300_000,
    },
  ],
};

let browser: Browser;
let context: BrowserContext;
let server: Awaited<ReturnType<typeof serve>>;
let status: Status;
let key: string | undefined;
let refusals: string[];

beforeAll(async () => {
  browser = await openChromium();
}, 60_000);

afterAll(() => browser?.close());

beforeEach(async () => {
  [status, key, refusals] = [idle, undefined, []];
  // Under a prefix, as behind a proxy.
  const app = new Hono().basePath("/images");
  app.use("/status.json", async (request, next) => {
    if (key === undefined || request.req.header("Authorization") === `Bearer ${key}`) return next();
    return request.json({ error: { message: "The API key is missing or wrong." } }, 401);
  });
  statusRoutes(app, { read: async () => status });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  server = await serve(async (request, response) => {
    await listener(request, response);
    return true;
  });
});

afterEach(async () => {
  await context?.close();
  await server?.close();
  expect(refusals).toEqual([]);
});

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => refusals.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) refusals.push(message.text());
  });
  await page.goto(`${server.url}images/status`);
  return page;
}

async function cells(page: Page, id: string): Promise<readonly (readonly string[])[]> {
  const rows = await page.locator(`#${id} tbody tr`).all();
  return Promise.all(rows.map((row) => row.locator("td").allTextContents()));
}

describe("the status page", { timeout: 60_000 }, () => {
  it("shows the queue, the rates, the models, the workers and the last errors, and follows them", async () => {
    const page = await openPage();
    await page.getByText("Version 1.2.3, up for 2 h").waitFor();
    expect(await page.locator("#waiting, #running, #seconds").allTextContents()).toEqual(["0", "0", "0 s"]);
    expect(await cells(page, "models")).toEqual([
      ["emoji32", "loaded", "61 MB", "55 ms", "8"],
      ["stable-diffusion", "not loaded", "–", "–", "–"],
    ]);
    expect(await cells(page, "workers")).toEqual([
      ["gpu-1", "emoji32, stable-diffusion", "2", "1.2.3", "2 s ago"],
      ["gpu-2", "emoji32", "0", "1.2.2", "95 s ago"],
    ]);
    expect(await page.locator("#workers .late").allTextContents()).toEqual(["95 s ago"]);
    expect(await cells(page, "failures")).toEqual([["None."]]);
    status = busy;
    await expect.poll(() => page.locator("#waiting").textContent(), { timeout: 10_000 }).toBe("12");
    expect(await page.locator("#seconds, #images, #requests").allTextContents()).toEqual([
      "3 min",
      "84",
      "7.3",
    ]);
    const [failure = []] = await cells(page, "failures");
    expect(failure.slice(1)).toEqual([
      "stable-diffusion",
      "out_of_memory",
      "The image is too large for <b>this</b> worker.",
      "job_7f3a",
    ]);
    const points = await page.locator("#images-line polyline").getAttribute("points");
    expect(points?.split(" ").length).toBeGreaterThanOrEqual(2);
    expect(points).toMatch(/^\d+,30\.0 (?:\d+,30\.0 )*149,0\.0$/);
  });

  it("asks for a key, and uses the one of the playground", async () => {
    key = "right";
    const page = await openPage();
    await page.getByLabel("API key").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("does not accept this key").waitFor();
    await page.getByLabel("API key").fill("right");
    await page.keyboard.press("Enter");
    await page.getByText("Version 1.2.3").waitFor();
    expect(await page.evaluate(() => ({ ...sessionStorage }))).toEqual({ "onestep-api-key": "right" });
    await page.reload();
    await page.getByText("Version 1.2.3").waitFor();
  });

  it("goes on when the server has been away", async () => {
    const page = await openPage();
    await page.getByText("Version 1.2.3").waitFor();
    await page.route("**/status.json", (route) => route.abort());
    await page.getByRole("alert").getByText("cannot be reached").waitFor();
    await page.unroute("**/status.json");
    await page.getByRole("alert").waitFor({ state: "hidden" });
  });

  it.each([
    { name: "desktop", viewport: { width: 1280, height: 860 } },
    { name: "phone", viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
  ])(
    "has nothing that axe-core finds, and no sideways scrolling: $name",
    async ({ name: _name, ...options }) => {
      status = busy;
      const page = await openPage(options);
      await page.getByText("Version 1.2.3").waitFor();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await findViolations(page)).toEqual([]);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    },
  );
});
