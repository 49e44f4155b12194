import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import { ConsistencyModelPipeline } from "onestep";
import { viteBundler } from "../bundlers/bundlers.ts";
import { countInPage, generateInPage, type PageLoadOptions } from "../page/generate-in-page.ts";

interface Measured {
  readonly name: string;
  readonly load: PageLoadOptions;
  /** How many images at a time. */
  readonly batchSize: number;
}

/** Beyond these, threads and batches change little, for a model as small as this one. */
const measured: readonly Measured[] = [
  { name: "wasm, 1 thread", load: { device: "wasm", threads: 1 }, batchSize: 1 },
  { name: "wasm, 1 thread", load: { device: "wasm", threads: 1 }, batchSize: 8 },
  { name: "wasm, 2 threads", load: { device: "wasm", threads: 2 }, batchSize: 1 },
  { name: "wasm, 2 threads", load: { device: "wasm", threads: 2 }, batchSize: 8 },
  { name: "WebGPU", load: { device: "webgpu" }, batchSize: 1 },
];
const seconds = 10;
const labels = [0, 3, 8];

/**
 * Prints, for each device of Chromium on this machine, how far its images are from Node's and how many it makes in a
 * second, with the bundled checkpoint.
 */
export async function printDevices(): Promise<void> {
  const emoji32 = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
  const expected = await imagesInNode(emoji32);
  const folder = await mkdtemp(join(tmpdir(), "onestep-devices-"));
  await viteBundler.build(folder);
  const server = await serveFolders({ "": folder, emoji32 }, isolationHeaders);
  const browser = await openChromium();
  try {
    const [{ model = "an unknown processor" } = {}] = cpus();
    console.log(`Chromium ${browser.version()}, ${cpus().length} × ${model}, emoji32, one step\n`);
    console.log(
      "| device | images at a time | images per second | largest difference from Node, in 255ths |",
    );
    console.log("|---|---|---|---|");
    for (const { name, load, batchSize } of measured) {
      const page = await browser.newPage();
      await page.goto(server.url);
      let difference = 0;
      for (const [index, classLabels] of labels.entries()) {
        const { pixels, message } = await generateInPage(page, load, { classLabels, seed: index });
        if (pixels === undefined) throw new Error(message);
        const inNode = expected[index] ?? [];
        pixels.forEach((value, at) => {
          difference = Math.max(difference, Math.abs(value - (inNode[at] ?? Number.NaN)));
        });
      }
      const rate = await countInPage(page, load, { batchSize, classLabels: 3, seed: 0 }, seconds);
      console.log(`| ${name} | ${batchSize} | ${rate.toPrecision(3)} | ${difference} |`);
      await page.close();
    }
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function imagesInNode(folder: string): Promise<readonly (readonly number[])[]> {
  await using pipe = await ConsistencyModelPipeline.fromPretrained(folder);
  const images: number[][] = [];
  for (const [index, classLabels] of labels.entries()) {
    const { images: made } = await pipe.generate({ classLabels, seed: index });
    images.push([...(made[0]?.data ?? [])]);
  }
  return images;
}
