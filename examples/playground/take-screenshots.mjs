// @ts-check
// Writes the screenshots of docs/playground.md and the picture of link previews: `npm run screenshots --workspace
// examples/playground`, with `-- inpaint text` for only some of them.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startFakeHub } from "@onestep/fake-hub";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { preview } from "vite";

/** @typedef {import("playwright").Page} Page */

const folder = new URL("../../docs/images/playground/", import.meta.url);
const sizes = {
  desktop: { viewport: { width: 1280, height: 880 }, deviceScaleFactor: 1 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true },
};

/** The scene of each screenshot, starting from a fox with seed 40. */
const scenes = {
  /** @param {Page} page */
  async start(page) {
    await choose(page, "class", "each");
  },
  /** @param {Page} page */
  async inpaint(page) {
    await choose(page, "task", "inpaint");
    await setBrush(page, 9);
    await paint(page, [
      [0.32, 0.52],
      [0.68, 0.52],
      [0.68, 0.72],
      [0.32, 0.72],
    ]);
  },
  /** @param {Page} page */
  async strokes(page) {
    await choose(page, "task", "strokes");
    await choose(page, "class", "18");
    await setBrush(page, 10);
    await paint(page, [
      [0.3, 0.42],
      [0.4, 0.3],
      [0.6, 0.3],
      [0.7, 0.42],
      [0.3, 0.42],
    ]);
    await choose(page, "color", "#8a5a34");
    await setBrush(page, 6);
    await paint(page, [
      [0.5, 0.58],
      [0.5, 0.78],
    ]);
  },
  /** @param {Page} page */
  async colorize(page) {
    await choose(page, "task", "colorize");
  },
  /** @param {Page} page */
  async upscale(page) {
    await choose(page, "task", "upscale");
  },
  /** @param {Page} page */
  async denoise(page) {
    await choose(page, "task", "denoise");
  },
  /** @param {Page} page */
  async interpolate(page) {
    await choose(page, "task", "interpolate");
    await page.locator("#second-seed").fill("3");
  },
  /** @param {Page} page */
  async text(page) {
    await choose(page, "model", "hub");
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Endpoint").fill(hub.endpoint);
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("Model id").fill("tiny/stable-diffusion");
    await page.getByLabel("Model id").press("Tab");
    await page.getByLabel("Prompt").fill("a photo of a red fox in the snow");
    await page.getByLabel("What to avoid").fill("blurry");
    await page.locator("#text-steps").fill("8");
    await page.locator("#seed").fill("2");
    await page.getByRole("button", { name: "Generate" }).click();
  },
};

/** The tests' Stable Diffusion fixture: tiny and untrained, so its pictures are not worth looking at. */
const fixture = fileURLToPath(
  new URL("../../packages/models/src/__fixtures__/text/sd15-tiny/", import.meta.url),
);
const entries = await readdir(fixture, { recursive: true, withFileTypes: true });
const files = await Promise.all(
  entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const path = `${parentPath}/${name}`;
      return /** @type {const} */ ([path.slice(fixture.length).replace(/^\//, ""), await readFile(path)]);
    }),
);
const hub = await startFakeHub({
  repositories: { "tiny/stable-diffusion": { files: Object.fromEntries(files) } },
});

const wanted = process.argv.slice(2);

await mkdir(folder, { recursive: true });
const server = await preview({ root: fileURLToPath(new URL(".", import.meta.url)), preview: { port: 0 } });
const browser = await openChromium();
try {
  const [url = ""] = server.resolvedUrls?.local ?? [];
  for (const [size, options] of Object.entries(sizes)) {
    for (const [scene, act] of Object.entries(scenes)) {
      if (wanted.length > 0 && !wanted.includes(scene)) continue;
      const context = await browser.newContext({ ...options, colorScheme: "light", reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(`${url}#class=8&seed=40&steps=1`);
      await done(page);
      await act(page);
      await done(page);
      // Move away from whatever is under the pointer.
      await page.mouse.move(0, 0);
      await page.evaluate(() => {
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        window.scrollTo(0, 0);
      });
      await shoot(page, `${scene}-${size}`);
      await context.close();
    }
  }
  await takePreview(url);
} finally {
  await browser.close();
  await server.close();
  await hub.close();
}

/**
 * Takes a screenshot in light and in dark mode.
 *
 * @param {Page} page
 * @param {string} name
 */
async function shoot(page, name) {
  for (const scheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForTimeout(300);
    const webp = await toWebp(page, await page.screenshot());
    const file = new URL(`${name}-${scheme}.webp`, folder);
    await writeFile(file, webp);
    console.log(`${fileURLToPath(file)}: ${Math.round(webp.length / 1000)} kB`);
  }
}

/**
 * Takes the link preview picture: the first picture, and what the page is about.
 *
 * @param {string} url - The page, whose font is used.
 */
async function takePreview(url) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 630 }, bypassCSP: true });
  const picture = await readFile(new URL("src/first/first-picture.png", import.meta.url), "base64");
  await page.goto(url);
  await page.evaluate((base64) => {
    document.body.innerHTML = `
      <style>
        body { margin: 0; width: 1200px; height: 630px; display: flex; align-items: center; gap: 56px;
          padding: 0 56px; box-sizing: border-box; background: #f1f1ee; color: #17181a; }
        img { width: 576px; height: 480px; padding: 12px; background: #fff; border-radius: 14px; image-rendering: pixelated; }
        h1 { font-size: 58px; line-height: 1.06; } p { margin-top: 22px; font-size: 26px; color: #575a5f; }
      </style>
      <img alt="" src="data:image/png;base64,${base64}">
      <div><h1>Make and edit pictures in your browser</h1><p>Onestep playground. Nothing is uploaded.</p></div>`;
  }, picture);
  await page.waitForTimeout(500);
  const file = fileURLToPath(new URL("public/preview.jpg", import.meta.url));
  await page.screenshot({ path: file, type: "jpeg", quality: 88 });
  console.log(file);
  await page.close();
}

/** @param {Page} page */
async function done(page) {
  await page.waitForTimeout(400);
  await page.waitForFunction(
    () =>
      document.querySelector("#stage")?.getAttribute("aria-busy") === "false" &&
      document.querySelector("#announcer")?.textContent?.startsWith("Done:"),
    undefined,
    { timeout: 120_000 },
  );
}

/**
 * @param {Page} page
 * @param {string} name
 * @param {string} value
 */
async function choose(page, name, value) {
  await page.locator(`input[name="${name}"][value="${value}"]`).check({ force: true });
  await page.waitForTimeout(300);
}

/**
 * @param {Page} page
 * @param {number} diameter
 */
async function setBrush(page, diameter) {
  await page.locator("#brush-size").fill(String(diameter));
}

/**
 * Paints a line.
 *
 * @param {Page} page
 * @param {readonly (readonly [number, number])[]} points - Coordinates from 0 to 1.
 */
async function paint(page, points) {
  await page.locator("#paint").scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  const box = await page.locator("#paint").boundingBox();
  if (box === null) throw new Error("There is no canvas to paint on.");
  const [first, ...others] = points.map(
    ([x, y]) => /** @type {const} */ ([box.x + x * box.width, box.y + y * box.height]),
  );
  if (first === undefined) return;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...point, { steps: 8 });
  await page.mouse.up();
}

/**
 * Converts a screenshot to WebP: browsers take screenshots as PNG, but a canvas can encode WebP.
 *
 * @param {Page} page
 * @param {Buffer} png
 * @returns {Promise<Buffer>}
 */
async function toWebp(page, png) {
  const base64 = await page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.8 });
    const encodedWebp = new Uint8Array(await blob.arrayBuffer());
    return btoa(encodedWebp.reduce((text, byte) => text + String.fromCharCode(byte), ""));
  }, png.toString("base64"));
  return Buffer.from(base64, "base64");
}
