import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRepository } from "@onestep/hub";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findComponentFolder } from "./component-registry.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-component-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each([
  [["unet/config.json"], "unet"],
  [["config.json"], ""],
  [["unet/config.json", "config.json"], "unet"],
  [[], "unet"],
])("with %j the unet lies in %j", async (files, expected) => {
  await mkdir(join(folder, "unet"));
  for (const file of files) await writeFile(join(folder, file), "{}");
  const repository = await openRepository(folder);
  expect(await findComponentFolder(repository, "unet", "config.json")).toBe(expected);
});
