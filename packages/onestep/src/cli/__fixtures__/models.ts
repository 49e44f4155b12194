import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FakeFiles, type FakeHub, type FakeHubOptions, startFakeHub } from "@onestep/fake-hub";

/** A small DDPM without classes, as diffusers saved it: the tests of `@onestep/pipelines` have it. */
export const ddpmFolder: string = fileURLToPath(
  new URL("../../../../pipelines/src/__fixtures__/ddpm", import.meta.url),
);

/** The folder of the model that ships. */
export const shippedFolder: string = dirname(
  createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"),
);

/** The files of the model that ships, as a repository of the Hub has them. */
export async function shippedFiles(): Promise<FakeFiles> {
  const read = (path: string) => readFile(join(shippedFolder, path));
  return {
    "README.md": "# not needed to run it",
    "model_index.json": await read("model_index.json"),
    "scheduler/scheduler_config.json": await read("scheduler/scheduler_config.json"),
    "unet/config.json": await read("unet/config.json"),
    "unet/diffusion_pytorch_model.safetensors": {
      bytes: await read("unet/diffusion_pytorch_model.safetensors"),
      lfs: true,
    },
  };
}

/** Starts a Hub that has the model that ships under `me/emoji`, and what is given on top. */
export async function startHub(repositories: FakeHubOptions["repositories"] = {}): Promise<FakeHub> {
  return startFakeHub({ repositories: { "me/emoji": { files: await shippedFiles() }, ...repositories } });
}
