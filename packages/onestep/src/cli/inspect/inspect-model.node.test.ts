import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ddpmFolder } from "../__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";

const shipped = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
const weights = "unet/diffusion_pytorch_model.safetensors";
const torchFile = fileURLToPath(new URL("./__fixtures__/state-dict.bin", import.meta.url));
const folder = temporaryFolder();

async function inspect(...words: string[]) {
  return runOnestep(["inspect", ...words], { folder: folder() });
}

/** A copy of the model that ships, to change something in it. */
async function copyModel(): Promise<string> {
  const model = join(folder(), "model");
  for (const part of ["model_index.json", "scheduler", "unet"]) {
    await cp(join(shipped, part), join(model, part), { recursive: true });
  }
  return model;
}

describe("onestep inspect", () => {
  it("shows the model that ships", async () => {
    expect(await inspect()).toMatchObject({
      exitCode: 0,
      stderr: "",
      stdout: `Model       @onestep/emoji32
Pipeline    ConsistencyModelPipeline
Components  scheduler: CMStochasticIterativeScheduler, unet: UNet2DModel
Images      32x32, 3 channels
Classes     30: --class-label 0 to 29
            0 grinning face, 1 smiling face with heart-eyes, 2 ghost, 3 alien, 4 robot, 5 jack-o-lantern
            6 dog face, 7 cat face, 8 fox, 9 pig face, 10 panda, 11 penguin
            12 frog, 13 butterfly, 14 lady beetle, 15 sunflower, 16 tulip, 17 cactus
            18 mushroom, 19 watermelon, 20 lemon, 21 red apple, 22 strawberry, 23 hamburger
            24 pizza, 25 doughnut, 26 red heart, 27 star, 28 rainbow, 29 rocket
Parameters  2,859,651 in 185 tensors, float16
Weights     unet/diffusion_pytorch_model.safetensors, 5.74 MB
Memory      about 136 MB for one image at a time, on a CPU
Steps       grid of 40 timesteps, sigma 0.002 to 80
            2 steps: --timesteps 32,0
`,
    });
  });

  it("is one document with --json", async () => {
    const { stdout } = await inspect(shipped, "--json");
    expect(JSON.parse(stdout)).toEqual({
      model: shipped,
      commit: null,
      className: "ConsistencyModelPipeline",
      components: { scheduler: "CMStochasticIterativeScheduler", unet: "UNet2DModel" },
      scheduler: {
        className: "CMStochasticIterativeScheduler",
        numTrainTimesteps: 40,
        sigmaMin: 0.002,
        sigmaMax: 80,
        betaSchedule: null,
        betaStart: null,
        betaEnd: null,
      },
      unet: {
        sampleSize: [32, 32],
        inChannels: 3,
        outChannels: 3,
        numClassEmbeds: 30,
        blockOutChannels: [32, 64, 128],
        parameters: 2_859_651,
        weights: {
          files: [{ path: weights, size: 5_738_182 }],
          size: 5_738_182,
          isLocal: true,
          tensors: 185,
          dtypes: ["float16"],
        },
        estimatedMemory: expect.any(Number),
      },
      id2label: expect.objectContaining({ "0": "grinning face", "8": "fox", "29": "rocket" }),
      defaultSteps: 1,
      recommendedTimesteps: [[32, 0]],
      recommendedSchedulers: [],
      unsupported: null,
    });
  });

  it("shows a DDPM, and how to take fewer steps", async () => {
    const { exitCode, stdout } = await inspect(ddpmFolder);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Pipeline    DDPMPipeline
Components  scheduler: DDPMScheduler, unet: UNet2DModel
Images      16x16, 3 channels
Classes     none
`);
    expect(stdout).toMatch(
      /^Steps {7}1000 by default, grid of 1000 timesteps, linear betas 0\.0001 to 0\.02\n {12}50 steps: --scheduler DDIMScheduler --steps 50$/m,
    );
    expect(stdout).not.toContain("Cannot run");
    const { stdout: json } = await inspect(ddpmFolder, "--json");
    expect(JSON.parse(json)).toMatchObject({
      className: "DDPMPipeline",
      scheduler: { betaSchedule: "linear", betaStart: 0.0001, betaEnd: 0.02, sigmaMin: null },
      defaultSteps: 1000,
      recommendedSchedulers: [{ className: "DDIMScheduler", steps: 50 }],
      unsupported: null,
    });
  });

  it("reads headers alone: no runtime is loaded", async () => {
    const coverage = join(folder(), "coverage");
    await runOnestep(["inspect"], { folder: folder(), environment: { NODE_V8_COVERAGE: coverage } });
    const [report = ""] = await readdir(coverage);
    expect(await readFile(join(coverage, report), "utf8")).not.toMatch(
      /node_modules\/onnxruntime|inference-worker/,
    );
  });

  it("shows weights in torch's format", async () => {
    const model = await copyModel();
    await rm(join(model, weights));
    await cp(torchFile, join(model, "unet", "diffusion_pytorch_model.bin"));
    const { exitCode, stdout } = await inspect("model");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Parameters  2,859,651 in 7 tensors, float32 and int64\n");
    expect(stdout).toMatch(/^Weights {5}unet\/diffusion_pytorch_model.bin, 3.32 kB$/m);
    expect(stdout).toContain("Cannot run  weights of model: found 185 missing, 7 unexpected");
  });

  it("shows a model whose parts all lie at the top of the folder", async () => {
    const model = await copyModel();
    for (const path of ["unet/config.json", weights, "scheduler/scheduler_config.json"]) {
      await rename(join(model, path), join(model, basename(path)));
    }
    const { exitCode, stdout } = await inspect("model");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Parameters  2,859,651 in 185 tensors, float16\n");
    expect(stdout).toContain("Weights     diffusion_pytorch_model.safetensors, 5.74 MB\n");
    expect(stdout).toContain("Steps       grid of 40 timesteps");
  });

  it("says why a model cannot run here", async () => {
    const model = await copyModel();
    await rm(join(model, weights));
    const start = "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."; // what torch wrote first in a file before 1.6
    await writeFile(join(model, "unet", "diffusion_pytorch_model.bin"), start, "latin1");
    const { exitCode, stdout } = await inspect("model");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Parameters  2,859,651\n");
    expect(stdout).toContain("Weights     unet/diffusion_pytorch_model.bin\n");
    expect(stdout).toMatch(
      /^Cannot run {2}unet\/diffusion_pytorch_model.bin: found the format .* python -c/m,
    );
  });

  it("says that a pipeline, or its unet, is of a class that is not built here", async () => {
    const model = await copyModel();
    const index = {
      _class_name: "FluxPipeline",
      unet: ["diffusers", "UNet2DConditionModel"],
      safety_checker: [null, null],
    };
    await writeFile(join(model, "model_index.json"), JSON.stringify(index));
    const first = await inspect("model");
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^Components {2}unet: UNet2DConditionModel$/m);
    expect(first.stdout).toMatch(/^Cannot run {2}a FluxPipeline is not built here$/m);
    await writeFile(
      join(model, "model_index.json"),
      JSON.stringify({ ...index, _class_name: "ConsistencyModelPipeline" }),
    );
    expect((await inspect("model")).stdout).toContain("its unet is a UNet2DConditionModel");
  });

  it("refuses weights that are more than weights with 6", async () => {
    const model = await copyModel();
    await rm(join(model, weights));
    const bytes = Buffer.from(await readFile(torchFile));
    bytes.write("subprocess\ncheck_output", bytes.indexOf("collections\nOrderedDict"), "latin1");
    await writeFile(join(model, "unet", "diffusion_pytorch_model.bin"), bytes);
    const refused = await inspect("model");
    expect(refused.exitCode).toBe(6);
    expect(refused.stderr).toMatch(/a use of "subprocess.check_output".*Nothing of it was run\./);
  });

  it("refuses damaged weights with 6, and a folder without a model with 4", async () => {
    const model = await copyModel();
    await truncate(join(model, weights), 1_000_000);
    const damaged = await inspect("model");
    expect(damaged.exitCode).toBe(6);
    expect(damaged.stderr).toContain("The file is damaged or incomplete");
    await mkdir(join(folder(), "empty"));
    expect((await inspect("empty")).exitCode).toBe(4);
  });
});
