// @ts-check
// Writes the screenshots of docs/playground.md: `npm run screenshots --workspace examples/playground`.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { preview } from "vite";

const folder = new URL("../../docs/images/", import.meta.url);
const sizes = {
  desktop: {
    link: "#class=each&seed=40&timesteps=0&images=30",
    images: 30,
    viewport: { width: 1360, height: 850 },
    deviceScaleFactor: 1.5,
  },
  phone: {
    link: "#class=8&seed=38&timesteps=0",
    images: 1,
    viewport: { width: 412, height: 900 },
    deviceScaleFactor: 1.5,
    isMobile: true,
  },
};

await mkdir(folder, { recursive: true });
const server = await preview({ root: fileURLToPath(new URL(".", import.meta.url)), preview: { port: 0 } });
const browser = await openChromium();
try {
  const [url = ""] = server.resolvedUrls?.local ?? [];
  for (const [size, { link, images, ...options }] of Object.entries(sizes)) {
    const context = await browser.newContext({ ...options, colorScheme: "light" });
    const page = await context.newPage();
    await page.goto(`${url}${link}`);
    const isDone = () => document.querySelector("#announcer")?.textContent?.startsWith("Done:");
    await page.waitForFunction(isDone, undefined, { timeout: 120_000 });
    // A browser compiles WebAssembly well only while it runs; the first figures are not those of later runs.
    for (const run of [2, 3]) {
      await page.getByRole("button", { name: "Generate" }).click();
      await page.locator(`#gallery li:nth-child(${run * images})`).waitFor({ timeout: 120_000 });
    }
    await page.locator("#badge-offline:not([hidden])").waitFor({ state: "attached" });
    // Away from the button, under which something else may be by now.
    await page.mouse.move(0, 0);
    await page.evaluate(() => window.scrollTo(0, 0));
    for (const scheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(500);
      const webp = await toWebp(page, await page.screenshot());
      const file = new URL(`playground-${size}-${scheme}.webp`, folder);
      await writeFile(file, webp);
      console.log(`${fileURLToPath(file)}: ${Math.round(webp.length / 1000)} kB`);
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}

/**
 * A browser takes screenshots as PNG, and canvases give WebP.
 *
 * @param {import("playwright").Page} page
 * @param {Buffer} png
 * @returns {Promise<Buffer>}
 */
async function toWebp(page, png) {
  const base64 = await page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.82 });
    const encodedWebp = new Uint8Array(await blob.arrayBuffer());
    return btoa(encodedWebp.reduce((text, byte) => text + String.fromCharCode(byte), ""));
  }, png.toString("base64"));
  return Buffer.from(base64, "base64");
}
