import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConsistencyModelPipeline, RasterImage } from "onestep";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startExample } from "./run-example.ts";

let folder: string;
let pipe: ConsistencyModelPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained();
});

afterAll(async () => {
  await pipe.dispose();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-examples-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const run = (name: string, ...words: string[]) => startExample(name, words, folder).ended;

async function readImage(name: string): Promise<RasterImage> {
  return RasterImage.fromPng(await readFile(join(folder, name)));
}

describe("examples", () => {
  it("generate-image.mjs saves the image of its seed", async () => {
    expect(await run("generate-image.mjs")).toBe("fox.png\n");
    const { images } = await pipe.generate({ classLabels: "fox", seed: 0 });
    expect((await readImage("fox.png")).data).toEqual(images[0]?.data);
  });

  it("emoji-grid.mjs saves ten columns and three rows", async () => {
    expect(await run("emoji-grid.mjs", "grid.png")).toBe("grid.png: 30 emoji, 356 x 104 pixels\n");
    expect((await readImage("grid.png")).width).toBe(356);
  });

  it("steer-noise.mjs mirrors the picture, and makes six others", async () => {
    expect(await run("steer-noise.mjs")).toBe("steered.png: rocket as it is, mirrored, and in six styles\n");
    const image = await readImage("steered.png");
    const pixel = (item: number, row: number, column: number): number[] => [
      ...image.data.subarray(
        3 * (row * image.width + 34 * item + column),
        3 * (row * image.width + 34 * item + column) + 3,
      ),
    ];
    const difference = (item: number, isMirrored: boolean): number => {
      let sum = 0;
      for (let index = 0; index < 1024; index += 1) {
        const [row, column] = [Math.floor(index / 32), index % 32];
        const [left, right] = [pixel(0, row, isMirrored ? 31 - column : column), pixel(item, row, column)];
        sum += left.reduce((total, value, channel) => total + Math.abs(value - (right[channel] ?? 0)), 0);
      }
      return sum / 3072 / 255;
    };
    // The mirror image is nearer to the mirrored picture than a tenth of what the picture itself is away.
    expect(difference(1, true)).toBeLessThan(difference(1, false) / 2);
    const styles = [2, 3, 4, 5, 6, 7].map((item) => difference(item, false));
    expect(styles.filter((value) => value > 0.03).length).toBeGreaterThanOrEqual(4);
  });

  it("steps-and-cancellation.mjs tells each step", async () => {
    const output = await run("steps-and-cancellation.mjs");
    expect(output).toContain("loading unet\nstep 1 of 3, at timestep 1095.5\nstep 2 of 3");
    expect((await readImage("rocket.png")).height).toBe(32);
  });

  it("steps-and-cancellation.mjs stops at its time limit", async () => {
    await expect(run("steps-and-cancellation.mjs", "0")).rejects.toThrow(
      "no image: The operation was aborted due to timeout",
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it("swap-scheduler.mjs makes an image with the other scheduler", async () => {
    expect(await run("swap-scheduler.mjs")).toBe(
      "loaded with CMStochasticIterativeScheduler\nheart.png, with EDMEulerScheduler\n",
    );
    expect((await readImage("heart.png")).width).toBe(32);
  });

  it("ddpm.mjs makes an image with the model that it is given", async () => {
    const model = fileURLToPath(new URL("../packages/pipelines/src/__fixtures__/ddpm", import.meta.url));
    expect(await run("ddpm.mjs", model, "ddpm.png", "5")).toBe("ddpm.png, in 5 steps\n");
    expect((await readImage("ddpm.png")).width).toBe(16);
  });

  it("denoising-loop.mjs makes the image that the pipeline makes", async () => {
    expect(await run("denoising-loop.mjs")).toBe("rocket.png\n");
    const { images } = await pipe.generate({ classLabels: "rocket", seed: 3, timesteps: [32, 0] });
    expect((await readImage("rocket.png")).data).toEqual(images[0]?.data);
  });

  it("save-and-reload.mjs gets the same image from the folder", async () => {
    expect(await run("save-and-reload.mjs", "model")).toBe("model: the same image after reloading\n");
    expect((await readdir(join(folder, "model"))).sort()).toEqual(["model_index.json", "scheduler", "unet"]);
  });

  it("inpaint-image.mjs keeps the left half of the penguin", async () => {
    expect(await run("inpaint-image.mjs")).toBe("inpainted.png\n");
    const image = await readImage("inpainted.png");
    expect([image.width, image.height]).toEqual([5 * 32 + 4 * 2, 32]);
    const half = (column: number): number[][] =>
      Array.from({ length: 32 }, (_, row) => [
        ...image.data.subarray(3 * (row * image.width + column), 3 * (row * image.width + column + 16)),
      ]);
    for (const item of [1, 2, 3, 4]) expect(half(34 * item)).toEqual(half(0));
    expect(half(34 + 16)).not.toEqual(half(16));
  }, 120_000);

  it("colorize-image.mjs makes colours of grey", async () => {
    expect(await run("colorize-image.mjs")).toBe("colorized.png\n");
    const { data, width } = await readImage("colorized.png");
    const [red, green, blue] = data.subarray(3 * (16 * width + 16));
    expect([green, blue]).toEqual([red, red]);
    const [first, second, third] = data.subarray(3 * (16 * width + 34 + 16));
    expect(first === second && second === third).toBe(false);
  }, 120_000);

  it("upscale-image.mjs makes 32 pixels of 8", async () => {
    expect(await run("upscale-image.mjs")).toBe("upscaled.png, from 8 x 8 pixels\n");
    expect((await readImage("upscaled.png")).height).toBe(32);
  }, 120_000);

  it("paint-strokes.mjs makes images of a disc", async () => {
    expect(await run("paint-strokes.mjs")).toBe("strokes.png\n");
    expect((await readImage("strokes.png")).width).toBe(9 * 32 + 8 * 2);
  }, 120_000);

  it("denoise-image.mjs takes off three strengths of noise", async () => {
    expect(await run("denoise-image.mjs")).toBe("denoised.png\n");
    expect((await readImage("denoised.png")).width).toBe(7 * 32 + 6 * 2);
  });

  it("interpolate-images.mjs goes from one to another, in two ways", async () => {
    expect(await run("interpolate-images.mjs")).toBe("way.png\n");
    const way = await readImage("way.png");
    expect([way.width, way.height]).toEqual([8 * 32 + 7 * 2, 2 * 32 + 2]);
  }, 120_000);

  it("search-timesteps.mjs finds two steps", async () => {
    const output = await run("search-timesteps.mjs", "1");
    expect(output).toMatch(/^13, 0 -?\d+\.\d{4}\n27, 0 -?\d/);
    expect(output).toMatch(/\nthe best of \d+: \d+, 0\n$/);
  }, 120_000);

  it("are all listed in the README, and all tested here", async () => {
    const here = fileURLToPath(new URL(".", import.meta.url));
    const programs = (await readdir(here)).filter((name) => name.endsWith(".mjs"));
    const readme = await readFile(join(here, "README.md"), "utf8");
    const tests = await readFile(fileURLToPath(import.meta.url), "utf8");
    const testFiles = await readdir(here);
    for (const name of programs) {
      expect(readme).toContain(`[${name}](${name})`);
      const isTested =
        tests.includes(`it("${name} `) || testFiles.includes(name.replace(/\.mjs$/, ".test.ts"));
      expect(isTested, name).toBe(true);
    }
  });
});
