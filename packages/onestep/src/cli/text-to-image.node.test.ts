import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RasterImage, TorchGenerator } from "@onestep/core";
import type { FakeFiles } from "@onestep/fake-hub";
import { LatentConsistencyModelPipeline } from "@onestep/pipelines";
import { describe, expect, it, onTestFinished } from "vitest";
import { startHub } from "./__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "./__fixtures__/run-onestep.ts";

const folder = temporaryFolder();

/** A tiny repository of a text-to-image model, or an adapter. */
function tiny(name: string): string {
  return fileURLToPath(new URL(`../../../models/src/__fixtures__/text/${name}`, import.meta.url));
}

async function onestep(...words: string[]) {
  return runOnestep(words, { folder: folder() });
}

/** The text chunk `parameters` of a PNG. */
async function parametersOf(name: string): Promise<string | undefined> {
  const png = await readFile(join(folder(), name));
  const found = png.indexOf("tEXtparameters\0");
  if (found === -1) return undefined;
  const start = found + "tEXtparameters\0".length;
  const length = png.readUInt32BE(found - 4);
  return png.toString("latin1", start, start + length - "parameters\0".length);
}

describe("onestep generate with a text-to-image model", () => {
  it("makes the images of the API, each with its own seed and its settings in the PNG", async () => {
    const { exitCode, stdout, stderr } = await onestep(
      ...["generate", tiny("lcm-tiny"), "--prompt", "a red fox", "--batch-size", "2", "--seed", "5"],
      ...["--steps", "2", "--clip-skip", "1", "--out", "x.png"],
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toBe("x-0.png\nx-1.png\n");
    const pipe = await LatentConsistencyModelPipeline.fromPretrained(tiny("lcm-tiny"));
    const { images } = await pipe.generate({
      ...{ prompt: "a red fox", numImagesPerPrompt: 2, numInferenceSteps: 2, clipSkip: 1 },
      generator: [new TorchGenerator(5), new TorchGenerator(6)],
    });
    await pipe.dispose();
    for (const [index, image] of images.entries()) {
      const saved = await RasterImage.fromPng(await readFile(join(folder(), `x-${index}.png`)));
      expect(saved.data).toEqual(image.data);
    }
    expect(await parametersOf("x-1.png")).toBe(
      "a red fox\nSteps: 2, Sampler: LCM, CFG scale: 8.5, Seed: 6, Size: 64x64, Model: lcm-tiny, Clip skip: 2",
    );
    // The second image again, alone.
    await onestep(
      ...["generate", tiny("lcm-tiny"), "--prompt", "a red fox", "--seed", "6", "--steps", "2"],
      ...["--clip-skip", "1", "--no-metadata", "--out", "again.png"],
    );
    const again = await RasterImage.fromPng(await readFile(join(folder(), "again.png")));
    const worst = Math.max(
      ...again.data.map((value, index) => Math.abs(value - (images[1]?.data[index] ?? 0))),
    );
    expect(worst).toBeLessThanOrEqual(1);
    expect(await parametersOf("again.png")).toBeUndefined();
  });

  it("steers away from a negative prompt, with an adapter and a scheduler, and describes it with --json", async () => {
    const { exitCode, stdout, stderr } = await onestep(
      ...["generate", tiny("sd15-tiny"), "--prompt", "a, b", "--negative-prompt", "c", "--steps", "2"],
      ...["--lora", `${tiny("lora-tiny-kohya/tiny_style.safetensors")}:0.5`, "--scheduler", "euler-discrete"],
      ...[
        "--guidance-scale",
        "3",
        "--width",
        "64",
        "--height",
        "64",
        "--seed",
        "1",
        "--json",
        "-q",
        "-o",
        "y.png",
      ],
    );
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      files: ["y.png"],
      className: "StableDiffusionPipeline",
      prompts: ["a, b"],
      negativePrompts: ["c"],
      guidanceScale: 3,
      loras: [{ weight: 0.5 }],
      seeds: [1],
      width: 64,
      height: 64,
    });
    expect(await parametersOf("y.png")).toBe(
      "a, b <lora:tiny_style:0.5>\nNegative prompt: c\nSteps: 2, Sampler: Euler, CFG scale: 3, Seed: 1, Size: 64x64, Model: sd15-tiny",
    );
  });

  it.each([
    [["generate", "LCM"], 2, "--prompt is missing: "],
    [["generate", "LCM", "--class-label", "3"], 2, "--class-label: "],
    [["generate", "LCM", "--prompt", "x", "--class-label", "3"], 2, "--prompt and --class-label exclude"],
    [
      ["generate", "--prompt", "x"],
      2,
      "--prompt: @onestep/emoji32 is a ConsistencyModelPipeline, which takes no",
    ],
    [
      ["generate", "LCM", "--prompt", "x", "--seed", "1,2", "--batch-size", "3"],
      2,
      "--seed: found 2 of them for 3",
    ],
    [["generate", "LCM", "--prompt", "x", "--lora", "a/b:big"], 2, '--lora: found "big", expected a number.'],
    [["generate", "LCM", "--prompt", "x", "--width", "33"], 3, "--width: found 33, expected a multiple of 8"],
    [["generate", "LCM", "--prompt", "x", "--clip-skip", "9"], 3, "--clip-skip: found 9"],
    [
      ["generate", "LCM", "--prompt", "x", "--negative-prompt", "y"],
      3,
      "LatentConsistencyModelPipeline has no option --negative-prompt. Leave it out, or name another model.",
    ],
    [["edit", "img2img", "--image", "none.png", "--prompt", "x"], 3, "none.png: found no such file"],
  ])("refuses %j with %d", async (words, code, message) => {
    const { exitCode, stderr } = await onestep(...words.map((word) => word.replace("LCM", tiny("lcm-tiny"))));
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(await readdir(folder())).toEqual([]);
  });

  it("fetches no weights for a request that is wrong, nor to inspect", async () => {
    const hub = await startHub({ "me/lcm": { files: await filesOf("lcm-tiny") } });
    onTestFinished(() => hub.close());
    const environment = { HF_ENDPOINT: hub.endpoint };
    const run = (...words: string[]) => runOnestep(words, { folder: folder(), environment });
    const refused = await run("generate", "me/lcm", "--prompt", "x", "--height", "12");
    expect(refused.stderr).toContain("--height: found 12");
    const { stdout } = await run("inspect", "me/lcm", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      className: "LatentConsistencyModelPipeline",
      models: expect.arrayContaining([
        expect.objectContaining({ name: "unet", className: "UNet2DConditionModel", parameters: 81_488 }),
      ]),
      memory: { cpu: expect.any(Number), wasm: expect.any(Number), webgpu: expect.any(Number) },
      unsupported: null,
    });
    const fetched = hub.requests.map(({ path }) => path).filter((path) => path.includes("/resolve/"));
    expect(fetched.filter((path) => path.endsWith(".safetensors"))).toEqual([]);
    expect(fetched.some((path) => path.endsWith("unet/config.json"))).toBe(true);
  });
});

/** The files of a tiny repository, as a repository of the Hub has them. */
async function filesOf(name: string): Promise<FakeFiles> {
  const entries = await readdir(tiny(name), { recursive: true, withFileTypes: true });
  const files: Record<string, FakeFiles[string]> = {};
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    files[path.slice(tiny(name).length + 1)] = path.endsWith(".safetensors") ? { bytes, lfs: true } : bytes;
  }
  return files;
}

describe("onestep edit with a text-to-image model", () => {
  it("says how it resizes an image, and refuses what becomes too large", async () => {
    const image = new RasterImage({
      width: 70,
      height: 50,
      channels: 1,
      data: new Uint8Array(3500).fill(200),
    });
    await image.save(join(folder(), "in.png"));
    const words = ["in.png", "--prompt", "x", "--steps", "2", "--seed", "0", "--out", "a.png", "--model"];
    const changed = await onestep("edit", "img2img", ...words, tiny("sd15-tiny"), "--strength", "1");
    expect(changed.stderr).toMatch(/^in\.png \(70x50\) is resized to 64x48, multiples of 8\nGenerating$/m);
    const saved = await RasterImage.fromPng(await readFile(join(folder(), "a.png")));
    expect([saved.width, saved.height]).toEqual([64, 48]);
    const repainted = await onestep(
      ...["edit", "inpaint", ...words, tiny("sd15-inpaint-tiny"), "--mask", "in.png", "--width", "32"],
    );
    expect(repainted.stderr).toMatch(/^in\.png \(70x50\) is resized to 32x\d+, as --width and --height say/m);
    const refused = await onestep("edit", "img2img", ...words, tiny("sd15-tiny"), "--scale", "500");
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringContaining("--scale: found 500 for images of 64x48 pixels, expected at most 147."),
    ]);
  });

  it("changes an image, and repaints a part of one", async () => {
    const scene = fileURLToPath(
      new URL("../../../pipelines/src/text-to-image/__fixtures__/images/scene.png", import.meta.url),
    );
    await cp(scene, join(folder(), "in.png"));
    const changed = await onestep(
      ...["edit", "img2img", tiny("sd15-tiny"), "--image", "in.png", "--prompt", "x", "--steps", "4"],
      ...["--strength", "0.5", "--seed", "2", "--out", "a.png"],
    );
    expect(changed.exitCode, changed.stderr).toBe(0);
    expect(await parametersOf("a.png")).toContain("Denoising strength: 0.5");
    const repainted = await onestep(
      ...["edit", "inpaint", "in.png", "--model", tiny("sd15-inpaint-tiny"), "--mask", "in.png"],
      ...["--prompt", "x", "--steps", "2", "--out", "b.png"],
    );
    expect(repainted.exitCode, repainted.stderr).toBe(0);
    const refused = await onestep(
      ...["edit", "inpaint", tiny("lcm-tiny"), "--image", "in.png", "--mask", "in.png", "--prompt", "x"],
    );
    expect([refused.exitCode, refused.stderr]).toEqual([
      6,
      expect.stringContaining("`onestep edit img2img`"),
    ]);
    const other = await onestep("edit", "img2img", "in.png", "--prompt", "x");
    expect([other.exitCode, other.stderr]).toEqual([
      2,
      expect.stringContaining("--prompt: @onestep/emoji32"),
    ]);
  });
});
