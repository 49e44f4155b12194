import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RasterImage } from "@onestep/core";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";

const folder = temporaryFolder();

async function edit(...words: string[]) {
  const result = await runOnestep(["edit", ...words], { folder: folder() });
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

async function readImage(name: string): Promise<RasterImage> {
  return RasterImage.fromPng(await readFile(join(folder(), name)));
}

/** Pixels that are not all alike. */
function picture(size: number): RasterImage {
  const data = Uint8Array.from({ length: 3 * size * size }, (_, index) => (index * 7) % 256);
  return new RasterImage({ width: size, height: size, channels: 3, data });
}

/** White in the right half. */
function rightHalf(size: number): RasterImage {
  const data = Uint8Array.from({ length: size * size }, (_, index) => (index % size < size / 2 ? 0 : 255));
  return new RasterImage({ width: size, height: size, channels: 1, data });
}

async function save(image: RasterImage, name: string): Promise<void> {
  await image.save(join(folder(), name));
}

describe("onestep edit", () => {
  it("inpaint keeps what is black in the mask, and tells what it did", async () => {
    await save(picture(32), "image.png");
    await save(rightHalf(32), "mask.png");
    const { stdout } = await edit(
      ...["inpaint", "image.png", "--mask", "mask.png", "--class-label", "0", "--seed", "5,6"],
      ...["--timesteps", "22,0", "--json", "-o", "out.png"],
    );
    expect(JSON.parse(stdout)).toMatchObject({
      files: ["out-0.png", "out-1.png"],
      inputs: ["image.png"],
      model: "@onestep/emoji32",
      seeds: [5, 6],
      classLabels: [0, 0],
      steps: 2,
      width: 32,
    });
    const [first, second] = [await readImage("out-0.png"), await readImage("out-1.png")];
    const left = (data: Uint8Array): Uint8Array => data.filter((_, index) => Math.floor(index / 3) % 32 < 16);
    expect(left(first.data)).toEqual(left(picture(32).data));
    expect(left(second.data)).toEqual(left(picture(32).data));
    expect(first.data).not.toEqual(second.data);
  });

  it("upscale reads a WebP, colorize and stroke a JPEG", async () => {
    const { data, width, height, channels } = picture(8);
    const raw = sharp(data, { raw: { width, height, channels } });
    await writeFile(join(folder(), "small.webp"), await raw.webp({ lossless: true }).toBuffer());
    await writeFile(join(folder(), "small.jpg"), await raw.jpeg().toBuffer());
    await edit("upscale", "small.webp", "--class-label", "1", "--seed", "0", "--steps", "2", "-o", "up.png");
    const large = await readImage("up.png");
    expect([large.width, large.height]).toEqual([32, 32]);
    // Each block of 4 x 4 has the small pixel as its average; 16 roundings leave less than half a step.
    for (let channel = 0; channel < 3; channel += 1) {
      let sum = 0;
      for (let place = 0; place < 16; place += 1) {
        sum += large.data[3 * (32 * Math.floor(place / 4) + (place % 4)) + channel] ?? 0;
      }
      expect(Math.abs(sum / 16 - (data[channel] ?? 0))).toBeLessThan(0.5);
    }
    const common = ["small.jpg", "--class-label", "1", "--seed", "0", "--steps", "2"];
    const colorized = await edit("colorize", ...common, "--resize-mode", "crop", "-o", "colours.png");
    expect(colorized.stdout).toBe("colours.png\n");
    const stroked = await edit("stroke", ...common, "--strength", "0.5", "-o", "stroke.png");
    expect(stroked.stderr).toContain("Step 1 of 1\n");
  });

  it("denoise and interpolate take no mask, and no image between seeds", async () => {
    await save(picture(32), "image.png");
    await edit("denoise", "image.png", "--sigma", "2e-3", "--class-label", "0", "-o", "clean.png");
    // At the lowest level there is nothing to take off.
    expect((await readImage("clean.png")).data).toEqual(picture(32).data);
    const grid = ["--frames", "3", "--grid", "3", "--class-label", "1"];
    await edit("interpolate", "--seed", "1,2", ...grid, "-o", "way.png");
    expect((await readImage("way.png")).width).toBe(96);
  });

  it.each<[what: string, words: readonly string[], exitCode: number, message: string]>([
    ["no image", ["colorize"], 2, "An image is missing: name a PNG, JPEG or WebP file."],
    ["no mask", ["inpaint", "image.png"], 2, "--mask is missing"],
    ["no noise level", ["denoise", "image.png"], 2, "--sigma is missing"],
    [
      "a strength in words",
      ["stroke", "image.png", "--strength", "much"],
      2,
      '--strength: found "much", expected a number.',
    ],
    ["one seed to go between", ["interpolate", "--seed", "1"], 2, "Nothing to interpolate"],
    ["one image to go between", ["interpolate", "image.png"], 2, "Expected 2 images, got 1."],
    ["an unknown edit", ["inpant", "image.png"], 2, "Did you mean `onestep edit inpaint`?"],
    ["an unknown option", ["upscale", "image.png", "--faktor", "2"], 2, "Did you mean --factor?"],
    [
      "a file that is not there",
      ["colorize", "none.png"],
      3,
      "none.png: found no such file, expected a PNG, JPEG or WebP",
    ],
    [
      "a file that is no image",
      ["colorize", "text.png"],
      3,
      "text.png: found a file that begins with 74 65 78 74",
    ],
    ["a folder", ["colorize", "."], 3, ".: found a folder"],
    [
      "a mask of another size",
      ["inpaint", "image.png", "--mask", "mask.png"],
      3,
      "mask 0: found 8 x 8 pixels, expected 32 x 32",
    ],
    [
      "an unknown way to resize",
      ["colorize", "image.png", "--resize-mode", "pad"],
      3,
      '--resize-mode: found "pad"',
    ],
  ])("refuses %s", async (_what, words, exitCode, message) => {
    await save(picture(32), "image.png");
    await save(rightHalf(8), "mask.png");
    await writeFile(join(folder(), "text.png"), "text");
    const result = await runOnestep(["edit", ...words], { folder: folder() });
    expect(result.stderr).toContain(message);
    expect(result.exitCode).toBe(exitCode);
  });
});
