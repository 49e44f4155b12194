import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { dropFiles } from "@onestep/vitest-setup/drop-files";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { type FolderServer, isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import { ConsistencyModelPipeline } from "onestep";
import type { Browser, BrowserContext, Page } from "playwright";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const emoji32 = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
const singleFile = join(root, "packages/models/src/single-file/__fixtures__/cd_tiny_l2.pt");
const modelId = "openai/diffusers-cd_imagenet64_l2";

/** The programs of the guide, in the order in which they stand there. */
const guide = await readFile(join(root, "docs/guides/browser-models.md"), "utf8");
const names = ["fetch", "clear", "files"];
const programs = [...guide.matchAll(/```js\n(.*?)```/gs)].map(([, text = ""]) => text);

/** What the last program looks for on its page. */
const controls = `<input id="folder" type="file" webkitdirectory><input id="file" type="file">
<button id="pick">Pick</button><canvas id="canvas" width="32" height="32"></canvas>`;

let folder: string;
let server: FolderServer;
let hub: FakeHub;
let browser: Browser;
let context: BrowserContext;
let inNode: readonly number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-models-guide-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const input = await Promise.all(
    names.map(async (name, index) => {
      const script = `${programs[index]}\ndocument.title = "at its end";\n`;
      await writeFile(join(folder, `${name}.js`), script);
      const page = `<!doctype html><title></title>${controls}<script type="module" src="${name}.js"></script>`;
      await writeFile(join(folder, `${name}.html`), page);
      return join(folder, `${name}.html`);
    }),
  );
  await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: { outDir: "app", rolldownOptions: { input } },
  });
  server = await serveFolders({ "": join(folder, "app"), emoji32 }, isolationHeaders);
  hub = await startFakeHub({ repositories: { [modelId]: { files: await readFiles(emoji32) } } });
  browser = await openChromium();
  await using pipe = await ConsistencyModelPipeline.fromPretrained(emoji32);
  const { images } = await pipe.generate({ seed: 0 });
  inNode = [...(images[0]?.toImageData().data ?? [])];
}, 60_000);

afterEach(() => context?.close());
afterAll(async () => {
  await Promise.all([browser?.close(), server?.close(), hub?.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function readFiles(from: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (path) => [path.slice(from.length + 1).replaceAll("\\", "/"), await readFile(path)]),
    ),
  );
}

/** A browser of its own, in which the fake Hub has the Hub's address. */
async function openContext(): Promise<BrowserContext> {
  context = await browser.newContext();
  await context.route("https://huggingface.co/**", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${hub.endpoint}${pathname}${search}` }) });
  });
  return context;
}

/** Opens one of the pages, and waits until its program is at its end. */
async function run(name: string): Promise<{ readonly page: Page; readonly lines: readonly string[] }> {
  const page = await context.newPage();
  const lines: string[] = [];
  page.on("console", (message) => lines.push(message.text()));
  page.on("pageerror", (error) => lines.push(String(error)));
  await page.goto(`${server.url}${name}.html`);
  await expect.poll(() => page.title(), { timeout: 30_000, message: lines.join("\n") }).toBe("at its end");
  return { page, lines };
}

function linesOf(lines: readonly string[], word: string): readonly string[] {
  return lines.filter((line) => line.includes(word));
}

describe("the programs of docs/guides/browser-models.md", { timeout: 90_000 }, () => {
  it("are those that are tried here", () => {
    expect(programs).toHaveLength(names.length);
    expect(programs[0]).toContain(modelId);
    expect(programs[1]).toContain("deleteFromCache");
    expect(programs[2]).toContain("webkitdirectory");
  });

  it("keep a model, show what is kept, and delete it", async () => {
    await openContext();
    const weights = "unet/diffusion_pytorch_model.safetensors";
    const first = await run("fetch");
    expect(first.lines).toContain(`${weights} downloaded`);
    expect(first.lines).not.toContain(`${weights} cached`);
    const again = await run("fetch");
    expect(linesOf(again.lines, "downloaded")).toEqual([]);
    expect(again.lines).toContain(`${weights} cached`);
    const { lines } = await run("clear");
    expect(linesOf(lines, modelId)).toHaveLength(1);
    expect((await run("fetch")).lines).toContain(`${weights} downloaded`);
  });

  it.each<[string, (page: Page) => Promise<void>]>([
    ["a folder that is chosen", (page) => page.locator("#folder").setInputFiles(emoji32)],
    ["a folder that is dropped", (page) => dropFiles(page, [emoji32])],
    ["a folder that is picked", pickFolder],
  ])("show an image from %s", async (_name, give) => {
    await openContext();
    const { page, lines } = await run("files");
    await give(page);
    const drawn = () =>
      page.evaluate(() => {
        const canvas = document.querySelector("canvas");
        return [...(canvas?.getContext("2d")?.getImageData(0, 0, 32, 32).data ?? [])];
      });
    await expect.poll(async () => (await drawn()).some((value) => value > 0), { timeout: 30_000 }).toBe(true);
    const pixels = await drawn();
    const difference = Math.max(...pixels.map((value, index) => Math.abs(value - (inNode[index] ?? 0))));
    expect(pixels).toHaveLength(inNode.length);
    expect(difference).toBeLessThanOrEqual(1);
    expect(linesOf(lines, "Error")).toEqual([]);
  });

  it("read a single checkpoint, here one of an architecture that was not published", async () => {
    await openContext();
    const { page, lines } = await run("files");
    await page.locator("#file").setInputFiles(singleFile);
    await expect
      .poll(() => lines.join("\n"), { timeout: 30_000 })
      .toContain("cd_tiny_l2.pt: found a network that OpenAI did not publish, with 32, 64 channels");
  });
});

/** Picks a folder. The picker belongs to the system and cannot be driven: a folder that the page has takes its place. */
async function pickFolder(page: Page): Promise<void> {
  await page.evaluate(
    async (paths) => {
      const storage = await navigator.storage.getDirectory();
      const picked = await storage.getDirectoryHandle("picked", { create: true });
      for (const path of paths) {
        const parts = path.split("/");
        const name = parts.pop() ?? "";
        let place = picked;
        for (const part of parts) place = await place.getDirectoryHandle(part, { create: true });
        const writable = await (await place.getFileHandle(name, { create: true })).createWritable();
        await (await fetch(`/emoji32/${path}`)).body?.pipeTo(writable);
      }
      Object.assign(globalThis, { showDirectoryPicker: async () => picked });
    },
    Object.keys(await readFiles(emoji32)),
  );
  await page.locator("#pick").click();
}
