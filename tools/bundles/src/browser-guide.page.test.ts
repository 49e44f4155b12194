import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import { ConsistencyModelPipeline } from "onestep";
import type { Browser } from "playwright";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const emoji32 = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
const guide = await readFile(join(root, "docs/guides/browser.md"), "utf8");

/** The files of the guide, in the order in which they stand there. */
const [page = ""] = [...guide.matchAll(/```html\n(.*?)```/gs)].map(([, text = ""]) => text);
const [main = "", viteConfig = "", esbuildScript = "", ...others] = [
  ...guide.matchAll(/```js\n(.*?)```/gs),
].map(([, text = ""]) => text);

let browser: Browser;
let folder: string;
let inNode: readonly number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-browser-guide-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const files = {
    "index.html": page,
    "main.js": main,
    "vite.config.js": viteConfig,
    "build.js": esbuildScript,
    "package.json": '{ "type": "module" }',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  browser = await openChromium();
  await using pipe = await ConsistencyModelPipeline.fromPretrained(emoji32);
  const { images } = await pipe.generate({ classLabels: "fox", seed: 0 });
  inNode = [...(images[0]?.toImageData().data ?? [])];
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens the page of the guide, and says what its canvas and its output show in the end. */
async function open(app: string): Promise<{
  readonly pixels: readonly number[];
  readonly output: string;
  readonly console: readonly string[];
}> {
  const server = await serveFolders({ "": app }, isolationHeaders);
  const tab = await browser.newPage();
  const messages: string[] = [];
  tab.on("console", (message) => messages.push(`${message.text()} ${message.location().url}`));
  tab.on("pageerror", (error) => messages.push(error.message));
  try {
    await tab.goto(server.url);
    await tab.getByText("made on").waitFor();
    const pixels = await tab.evaluate(() => {
      const canvas = document.querySelector("canvas");
      const { width = 0, height = 0 } = canvas ?? {};
      return [...(canvas?.getContext("2d")?.getImageData(0, 0, width, height).data ?? [])];
    });
    return { pixels, output: await tab.locator("output").innerText(), console: messages };
  } finally {
    await tab.close();
    await server.close();
  }
}

describe("the page of docs/guides/browser.md", () => {
  it("is in the guide, with what two bundlers need", () => {
    // What is left is for pages that may not start a worker: refused-worker.page.test.ts.
    expect(others).toHaveLength(2);
    expect(main).toContain("fromPretrained");
    expect(viteConfig).toContain("Cross-Origin-Embedder-Policy");
    expect(esbuildScript).toContain("entryPoints");
  });

  it.each([
    [
      "Vite",
      async () => {
        await build({ root: folder, logLevel: "error", build: { outDir: "vite" } });
        return "vite";
      },
    ],
    [
      "esbuild",
      async () => {
        await promisify(execFile)(process.execPath, ["build.js"], { cwd: folder });
        await cp(join(folder, "index.html"), join(folder, "dist/index.html"));
        return "dist";
      },
    ],
  ])("shows the image that Node makes, built with %s", { timeout: 120_000 }, async (_name, bundle) => {
    const { pixels, output, console } = await open(join(folder, await bundle()));
    expect(pixels).toHaveLength(inNode.length);
    const difference = Math.max(...pixels.map((value, index) => Math.abs(value - (inNode[index] ?? 0))));
    expect(difference).toBeLessThanOrEqual(1);
    expect(output).toBe("made on wasm");
    expect(console.filter((message) => !message.includes("favicon.ico"))).toEqual([]);
  });

  it("gets the headers that the guide names from Vite", async () => {
    const { default: config } = await import(join(folder, "vite.config.js"));
    expect(config).toEqual({ server: { headers: isolationHeaders }, preview: { headers: isolationHeaders } });
  });
});
