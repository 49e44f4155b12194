import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it, vi } from "vitest";
import { emoji32 } from "./emoji32.ts";
import { ConsistencyModelPipeline } from "./index.ts";

const folder = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));

/** What bundlers take. */
const { emoji32: emoji32InBrowser }: { emoji32: typeof emoji32 } = await import(
  pathToFileURL(join(folder, "emoji32.js")).href
);

it("is the folder in Node", async () => {
  await using named = await ConsistencyModelPipeline.fromPretrained(await emoji32());
  await using shipped = await ConsistencyModelPipeline.fromPretrained();
  const options = { classLabels: 3, seed: 0, outputType: "tensor" } as const;
  expect((await named.generate(options)).images).toEqual((await shipped.generate(options)).images);
});

it("is the files elsewhere, with the texts that the package has", async () => {
  vi.stubGlobal("fetch", async (url: URL) => new Response(await readFile(url)));
  const files = await emoji32InBrowser();
  if (typeof files === "string") throw new Error("a path");
  expect([...files.keys()]).toEqual([
    "model_index.json",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
  ]);
  for (const [path, blob] of files) {
    const bytes = Buffer.from(await blob.arrayBuffer());
    expect(bytes.equals(await readFile(join(folder, path))), path).toBe(true);
  }
});

it("says what to do where the weights are not beside the bundle", async () => {
  vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
  await expect(emoji32InBrowser()).rejects.toThrow(
    /^emoji32: found HTTP 404 at file:.*, expected the weights\. Copy the folder unet of @onestep\/emoji32/,
  );
});
