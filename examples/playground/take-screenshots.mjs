// @ts-check
// Writes the screenshots of docs/playground.md: `npm run screenshots --workspace examples/playground`.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { preview } from "vite";

const folder = new URL("../../docs/images/", import.meta.url);
const sizes = {
  desktop: {
    link: "#class=each&seed=80&timesteps=26,13,0&images=20",
    images: 20,
    viewport: { width: 1360, height: 850 },
    deviceScaleFactor: 1.5,
  },
  phone: {
    link: "#class=0&seed=100&timesteps=26,13,0",
    images: 1,
    viewport: { width: 390, height: 844 },
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
    await page.evaluate(() => window.scrollTo(0, 0));
    const session = await context.newCDPSession(page);
    for (const scheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(500);
      const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
      const file = new URL(`playground-${size}-${scheme}.webp`, folder);
      await writeFile(file, Buffer.from(data, "base64"));
      console.log(`${fileURLToPath(file)}: ${Math.round((data.length * 3) / 4000)} kB`);
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}
