import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RasterImage } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type RunOptions, runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";

const folder = temporaryFolder();

function run(words: readonly string[], options: Partial<RunOptions> = {}) {
  return runOnestep(words, { folder: folder(), ...options });
}

/** A picture with all colours. */
function picture(width: number, height = width): RasterImage {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, index) => (index * 7) % 256);
  return new RasterImage({ width, height, channels: 3, data });
}

const words = ["generate", "--class-label", "fox", "--seed", "7"];

describe("the image -", () => {
  it("goes to stdout, and nothing else does", async () => {
    const { exitCode, bytes, stderr } = await run([...words, "--out", "-"]);
    expect(exitCode, stderr).toBe(0);
    expect((await RasterImage.fromPng(bytes)).width).toBe(32);
    expect(stderr).toContain("1 image of 32x32");
    expect(await readdir(folder())).toEqual([]);
    await run([...words, "--out", "a.png"]);
    expect(bytes).toEqual(await readFile(join(folder(), "a.png")));
  });

  it("comes from stdin, and goes on through a pipe", async () => {
    const edit = ["edit", "upscale", "-", "--class-label", "fox", "--seed", "0", "--steps", "2", "-o", "-"];
    const { exitCode, bytes, stderr } = await run(edit, { stdin: await picture(8).toPng() });
    expect(exitCode, stderr).toBe(0);
    expect((await RasterImage.fromPng(bytes)).width).toBe(32);
  });

  it.each<[string, readonly string[], RunOptions["stdin"], string]>([
    ["several images", [...words, "--batch-size", "2", "-o", "-"], undefined, "--out: found - for 2 images"],
    [
      "a document as well",
      [...words, "--json", "-o", "-"],
      undefined,
      "--json and --out - exclude each other",
    ],
    [
      "two images of one input",
      ["edit", "inpaint", "-", "--mask", "-"],
      new Uint8Array(),
      "- is named twice, and the standard input holds one image",
    ],
  ])("is refused for %s", async (_what, given, stdin, message) => {
    const { exitCode, stdout, stderr } = await run(given, stdin === undefined ? {} : { stdin });
    expect({ exitCode, text: stderr + stdout }).toEqual({
      exitCode: 2,
      text: expect.stringContaining(message),
    });
  });

  it("names stdin where the input is no image", async () => {
    const { exitCode, stderr } = await run(["edit", "colorize", "-"], { stdin: new Uint8Array() });
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining("stdin: found an empty file")]);
  });

  it("is lost quietly, with exit code 7, where nobody reads it", async () => {
    const { exitCode, stderr } = await run([...words, "-q", "--out", "-"], { closeStdout: true });
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: "" });
  });
});

describe("what cannot be written", () => {
  it.each([
    ["a JPEG 2000", ["--out", "a.jp2"], 2, "that ends in .png, .jpg, .jpeg or .webp"],
    ["a folder", ["--out", "folder.png"], 7, "folder.png: found a folder"],
    ["a folder that is not there", ["--out", "none/a.png"], 7, "found no folder none"],
  ])("is told before the work: %s", async (_what, options, code, message) => {
    await mkdir(join(folder(), "folder.png"));
    const { exitCode, stderr } = await run(["generate", ...options]);
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(stderr).not.toContain("Generating");
  });

  // Devices of Linux: one that is always full.
  for (const full of ["/dev/full"].filter(existsSync)) {
    it("is told of a device before the work", async () => {
      await symlink(full, join(folder(), "full.png"));
      const { exitCode, stderr } = await run([...words, "--out", "full.png"]);
      expect([exitCode, stderr]).toEqual([7, expect.stringContaining("found a device or a pipe")]);
      expect(stderr).not.toContain("Generating");
    });

    it.each([[["--version"]], [["inspect"]], [[...words, "--out", "-"]]])(
      "is told of stdout on a full disk: %j",
      async (given) => {
        const { exitCode, stderr } = await run(given, { stdoutFile: full });
        expect(exitCode).toBe(7);
        expect(stderr).toContain("error: stdout: found no room left on the disk");
        expect(stderr).not.toContain("    at ");
      },
    );
  }
});

describe("an edit that changes the size of an image", () => {
  it("says so before it computes", async () => {
    await picture(64, 48).save(join(folder(), "photo.png"));
    const edit = ["photo.png", "--class-label", "fox", "--seed", "0", "--steps", "1", "-o", "a.png"];
    const stretched = await run(["edit", "colorize", ...edit]);
    expect(stretched.stderr).toMatch(
      /^photo\.png \(64x48\) is stretched to 32x32, the size of the model's images: --resize-mode crop or fill keeps its proportions\nStep 1 of 1$/m,
    );
    const cropped = await run(["edit", "stroke", ...edit, "--resize-mode", "crop", "--strength", "1"]);
    expect(cropped.stderr).toContain("photo.png (64x48) is scaled and cropped to 32x32");
    await picture(32).save(join(folder(), "photo.png"));
    expect((await run(["edit", "colorize", ...edit])).stderr).not.toContain("photo.png (");
  });

  it.each<[string, readonly string[], number, string]>([
    [
      "an image of the model's size",
      ["upscale", "image.png"],
      3,
      "image: found 32x32 pixels, expected fewer",
    ],
    [
      "a larger image, whatever the factor",
      ["upscale", "large.png", "--factor", "4"],
      3,
      "found 64x64 pixels",
    ],
    [
      "a mask that is black everywhere",
      ["inpaint", "image.png", "--mask", "black.png"],
      2,
      "nothing would be",
    ],
    [
      "a way between images without a step",
      ["interpolate", "image.png", "image.png", "--frames", "2"],
      2,
      "at least 3",
    ],
    ["a way between a seed and itself", ["interpolate", "--seed", "3,3"], 2, "--seed: found 3 twice"],
  ])("refuses %s, since the result would be the image", async (_what, given, code, message) => {
    await picture(32).save(join(folder(), "image.png"));
    await picture(64).save(join(folder(), "large.png"));
    const black = new RasterImage({ width: 32, height: 32, channels: 1, data: new Uint8Array(1024) });
    await writeFile(join(folder(), "black.png"), await black.toPng());
    const { exitCode, stderr } = await run(["edit", ...given, "-o", "out.png"]);
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(existsSync(join(folder(), "out.png"))).toBe(false);
  });
});
