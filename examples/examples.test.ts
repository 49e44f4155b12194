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
    expect(await run("generate-image.mjs")).toBe("face.png\n");
    const { images } = await pipe.generate({ classLabels: 0, seed: 0 });
    expect((await readImage("face.png")).data).toEqual(images[0]?.data);
  });

  it("emoji-grid.mjs saves ten columns and three rows", async () => {
    expect(await run("emoji-grid.mjs", "grid.png")).toBe("grid.png: 356 x 104 pixels\n");
    expect((await readImage("grid.png")).width).toBe(356);
  });

  it("steps-and-cancellation.mjs tells each step", async () => {
    const output = await run("steps-and-cancellation.mjs");
    expect(output).toContain("loading unet\nstep 1 of 3, at timestep 1095.5\nstep 2 of 3");
    expect((await readImage("clock.png")).height).toBe(32);
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
    expect(await run("denoising-loop.mjs")).toBe("flag.png\n");
    const { images } = await pipe.generate({ classLabels: 8, seed: 3, timesteps: [17, 0] });
    expect((await readImage("flag.png")).data).toEqual(images[0]?.data);
  });

  it("save-and-reload.mjs gets the same image from the folder", async () => {
    expect(await run("save-and-reload.mjs", "model")).toBe("model: the same image after reloading\n");
    expect((await readdir(join(folder, "model"))).sort()).toEqual(["model_index.json", "scheduler", "unet"]);
  });

  it("image-server.mjs serves many clients, and outlives one that goes away", async () => {
    const server = startExample("image-server.mjs", ["0"], folder);
    const address = await new Promise<string>((resolve, reject) => {
      server.child.stdout.once("data", (text) => resolve(String(text).trim()));
      server.ended.catch(reject);
    });
    const gone = new AbortController();
    const abandoned = fetch(`${address}?label=1&seed=1`, { signal: gone.signal });
    const answers = [3, 4, 5].map((label) => fetch(`${address}?label=${label}&seed=6`));
    gone.abort();
    await expect(abandoned).rejects.toThrow("aborted");
    for (const [index, answer] of answers.entries()) {
      const response = await answer;
      expect(response.headers.get("content-type")).toBe("image/png");
      const image = await RasterImage.fromPng(new Uint8Array(await response.arrayBuffer()));
      const { images } = await pipe.generate({ classLabels: 3 + index, seed: 6, timesteps: [17, 0] });
      expect(image.data).toEqual(images[0]?.data);
    }
    const refused = await fetch(`${address}?label=99`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("expected an integer from 0 to 9");
    expect((await fetch(new URL("/other", address))).status).toBe(404);
    server.child.kill("SIGINT");
    await server.ended;
  });

  it("are all listed in the README, and all tested here", async () => {
    const here = fileURLToPath(new URL(".", import.meta.url));
    const programs = (await readdir(here)).filter((name) => name.endsWith(".mjs"));
    const readme = await readFile(join(here, "README.md"), "utf8");
    const tests = await readFile(fileURLToPath(import.meta.url), "utf8");
    for (const name of programs) {
      expect(readme).toContain(`[${name}](${name})`);
      expect(tests).toContain(`it("${name} `);
    }
  });
});
