import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EntryNotFoundError } from "@onestep/hub";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isSingleFile } from "./single-file.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-single-"));
  await mkdir(join(folder, "folder.pt"));
  for (const name of ["model.pt", "edm.pkl", "weights"]) await writeFile(join(folder, name), "x");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ["https://host/cd_imagenet64_l2.pt?download=true", true],
  ["https://host/edm-cifar10.pkl", true],
  ["openai/diffusers-cd_imagenet64_l2", false],
  ["./models/pt", false],
  ["https://host/model?file=a.pt", false],
])("by the name of %s: %s", async (model, expected) => {
  expect(await isSingleFile(model)).toBe(expected);
});

it.each([
  ["model.pt", true],
  ["edm.pkl", true],
  ["weights", true],
  ["folder.pt", false],
])("by what lies there, %s: %s", async (name, expected) => {
  const path = join(folder, name);
  expect(await isSingleFile(path)).toBe(expected);
  expect(await isSingleFile(pathToFileURL(path).href)).toBe(expected);
});

it.each(["./models/EDM.PTH", "nosuch.pt", "file:///none/model.safetensors", "owner/model.ckpt"])(
  "says that nothing is at %s",
  async (model) => {
    const error = await isSingleFile(model).catch((reason) => reason);
    expect(EntryNotFoundError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${model} does not exist.`);
  },
);
