import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import {
  type MainThreadReport,
  mostWorkInOneTask,
  watchMainThread,
} from "@onestep/vitest-setup/watch-main-thread";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { viteBundler } from "../bundlers/bundlers.ts";
import { encodeInPage, generateInPage } from "../page/generate-in-page.ts";
import { deepModel, largeImageModel, writeCheckpoint } from "./write-checkpoint.ts";

const emoji32 = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
let browser: Browser;
let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "onestep-main-thread-"));
  await viteBundler.build(join(temporary, "app"));
  expect(await writeCheckpoint(join(temporary, "deep"), deepModel)).toBe(629);
  await writeCheckpoint(join(temporary, "large-images"), largeImageModel);
  browser = await openChromium();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await rm(temporary, { recursive: true, force: true });
});

/** Opens the page of an application beside a checkpoint, and watches its main thread meanwhile. */
async function watchPage(checkpoint: string, work: (page: Page) => Promise<void>): Promise<MainThreadReport> {
  const server = await serveFolders({ "": join(temporary, "app"), emoji32: checkpoint }, isolationHeaders);
  const page = await browser.newPage();
  try {
    return await watchMainThread(browser, page, async () => {
      await page.goto(server.url);
      await work(page);
    });
  } finally {
    await page.close();
    await server.close();
  }
}

function expectShortTasks({ longTasks, longestWork }: MainThreadReport): void {
  expect(longestWork).toBeGreaterThan(0);
  if (longTasks.length > 0) expect(longestWork).toBeLessThanOrEqual(mostWorkInOneTask);
}

const onWasm = { device: "wasm", threads: 1 } as const;

describe("loading and generating never keep the page from answering for long", () => {
  it.each([
    ["the bundled checkpoint", () => emoji32],
    ["a checkpoint as deep as that of ImageNet", () => join(temporary, "deep")],
  ])("%s", async (_name, folder) => {
    const report = await watchPage(folder(), async (page) => {
      const options = { batchSize: 2, classLabels: 3, seed: 0, timesteps: [22, 0] };
      expect(await generateInPage(page, onWasm, options)).toMatchObject({ device: "wasm" });
    });
    expectShortTasks(report);
  });

  it("four images of 256 x 256 in two steps, and PNGs of them", async () => {
    const report = await watchPage(join(temporary, "large-images"), async (page) => {
      const options = { batchSize: 4, classLabels: 3, seed: 0, timesteps: [22, 0] };
      const sizes = await encodeInPage(page, onWasm, options);
      expect(sizes).toEqual(new Array(4).fill([256, 256]));
    });
    expectShortTasks(report);
  });
});
