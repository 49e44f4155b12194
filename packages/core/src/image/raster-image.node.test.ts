import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FileWriteError } from "../errors.ts";
import { RasterImage } from "./raster-image.ts";

const image = new RasterImage({ width: 2, height: 1, channels: 1, data: Uint8Array.of(10, 20) });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-image-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

it("saves a PNG to a path and to a file: URL", async () => {
  await image.save(join(folder, "a.png"));
  await image.save(pathToFileURL(join(folder, "b b.PNG")));
  expect((await readdir(folder)).sort()).toEqual(["a.png", "b b.PNG"]);
  for (const name of await readdir(folder)) {
    expect(await RasterImage.fromPng(new Uint8Array(await readFile(join(folder, name))))).toEqual(image);
  }
});

it("says so where the folder is missing", async () => {
  const save = image.save(join(folder, "missing", "a.png"));
  await expect(save).rejects.toThrow(FileWriteError);
  await expect(save).rejects.toThrow(
    `found no folder ${join(folder, "missing")}, expected a folder that exists.`,
  );
});
