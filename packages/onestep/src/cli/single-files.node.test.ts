import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { ddpmFolder } from "./__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "./__fixtures__/run-onestep.ts";

const tiny = fileURLToPath(
  new URL("../../../models/src/single-file/__fixtures__/cd_tiny_l2.pt", import.meta.url),
);
const flags = ["--sample-size", "16", "--attention-head-dim", "16"];
const folder = temporaryFolder();

async function run(...words: string[]) {
  const { exitCode, stderr, stdout } = await runOnestep(words, { folder: folder() });
  return { exitCode, stdout, error: stderr.trim().split("\n").at(-1) ?? "" };
}

describe("a checkpoint that somebody trained, in one file", () => {
  it("makes the image that it makes under the name that OpenAI would give it", async () => {
    await cp(tiny, join(folder(), "cd_tiny_l2.pt"));
    await cp(tiny, join(folder(), "target_model050000.pt"));
    const scheduler = ["--scheduler", "CMStochasticIterativeScheduler", "--steps", "2"];
    const words = [...flags, "--seed", "0", "--class-label", "1", "--no-metadata"];
    expect(await run("generate", "cd_tiny_l2.pt", ...words, "--steps", "2", "--out", "a.png")).toMatchObject({
      exitCode: 0,
    });
    expect(
      await run("generate", "target_model050000.pt", ...words, ...scheduler, "--out", "b.png"),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(await readFile(join(folder(), "b.png"))).toEqual(await readFile(join(folder(), "a.png")));
  });

  it.each([
    [[], /--scheduler: found none, and the file name "target_model050000.pt".*Add --scheduler cm-stochastic/],
    [
      ["--scheduler", "cm-stochastic-iterative"],
      /expected the options --sample-size and --attention-head-dim.*as --sample-size the `--image_size`/,
    ],
    [
      ["--scheduler", "cm-stochastic-iterative", ...flags, "--num-class-embeds", "12"],
      /--num-class-embeds: found 12, expected 10/,
    ],
    [
      ["--scheduler", "cm-stochastic-iterative", ...flags, "--state-dict-key", "ema"],
      /Choose another --state-dict-key/,
    ],
  ])("says which option is missing or wrong in the words of the command line: %j", async (words, message) => {
    await cp(tiny, join(folder(), "target_model050000.pt"));
    const { exitCode, error } = await run("generate", "target_model050000.pt", ...words, "--out", "a.png");
    expect(error).toMatch(message);
    expect(error).not.toMatch(/new CMStochastic|\{ /);
    expect(exitCode === 3 || exitCode === 6).toBe(true);
  });

  it("can be inspected", async () => {
    await cp(tiny, join(folder(), "model050000.pt"));
    const { exitCode, stdout } = await run("inspect", "model050000.pt", ...flags, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      model: "model050000.pt",
      components: { unet: "UNet2DModel" },
      unet: { sampleSize: [16, 16], numClassEmbeds: 10, weights: { isLocal: true, dtypes: ["float32"] } },
    });
  });

  it("can be edited with, whatever it is called", async () => {
    await cp(tiny, join(folder(), "ema_0.9999_050000.pt"));
    await cp(tiny, join(folder(), "cd_tiny_l2.pt"));
    await run("generate", "cd_tiny_l2.pt", ...flags, "--class-label", "0", "--seed", "0", "--out", "x.png");
    const words = [
      "--model",
      "ema_0.9999_050000.pt",
      ...flags,
      "--class-label",
      "0",
      "--steps",
      "2",
      "--out",
      "y.png",
    ];
    expect(await run("edit", "colorize", "x.png", ...words)).toMatchObject({ exitCode: 0 });
  });
});

describe("what is asked of a checkpoint in one file that is not there yet", () => {
  it.each([
    ["cd_imagenet64_l2.pt", ["--seed", "99999999999999999999"], /^error: --seed/],
    ["cd_imagenet64_l2.pt", ["--class-label", "1000"], /--class-label: found 1000, expected .*999/],
    ["cd_imagenet64_l2.pt", ["--class-label", "0,1", "--seed", "1,2,3"], /--class-label: found 2 of them/],
    ["cd_imagenet64_l2.pt", ["--steps", "41"], /--steps/],
    ["ct_imagenet64.pt", ["--timesteps", "0,200"], /--timesteps/],
    ["cd_bedroom256_l2.pt", ["--class-label", "0"], /--class-label/],
    ["mine.pt", [], /--scheduler: found none/],
    ["mine.pt", ["--scheduler", "eulr-discrete"], /--scheduler: found "eulr-discrete"/],
    [
      "mine.pt",
      ["--scheduler", "edm-heun", "--num-class-embeds", "10", "--class-label", "10"],
      /--class-label/,
    ],
    ["mine.pt", ["--scheduler", "ddim", "--steps", "1001"], /--steps/],
  ])("is judged before a request: %s %j", async (name, words, message) => {
    const server = await countingServer();
    const { exitCode, error } = await run("generate", `${server.url}/${name}`, ...words, "--out", "a.png");
    expect(error).toMatch(message);
    expect([2, 3, 6]).toContain(exitCode);
    expect(server.requests()).toBe(0);
  });

  it("is judged for edits, too", async () => {
    const server = await countingServer();
    await run("generate", "--class-label", "0", "--seed", "0", "--out", "x.png");
    for (const [command, ...words] of [
      ["upscale", "--factor", "3"],
      ["stroke", "--strength", "1.5"],
      ["colorize", "--steps", "41"],
    ]) {
      const model = ["--model", `${server.url}/cd_imagenet64_l2.pt`];
      const { exitCode, error } = await run("edit", command as string, "x.png", ...words, ...model);
      expect(error).toContain(words[0]);
      expect(exitCode).not.toBe(0);
    }
    expect(server.requests()).toBe(0);
  });

  it.each([
    ["cd_imagenet64_l2.pt", ["--class-label", "999", "--steps", "2"]],
    ["mine.pt", ["--scheduler", "cm-stochastic-iterative", "--class-label", "12"]],
    ["mine.pt", ["--scheduler", "edm-heun", "--steps", "18", "--sample-size", "32", "--batch-size", "2"]],
  ])("is asked for where nothing speaks against it: %s %j", async (name, words) => {
    const server = await countingServer();
    const { error } = await run("generate", `${server.url}/${name}`, ...words, "--out", "a.png");
    expect(error).toMatch(new RegExp(`${name}.*found no file|404|is not in|does not exist`));
    expect(server.requests()).toBeGreaterThan(0);
  });
});

/** A web server without files. */
async function countingServer() {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    response.writeHead(404).end();
  });
  onTestFinished(() => {
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests: () => count };
}

describe("the name of a model", () => {
  it.each([
    ["generate", "nosuch.pt", 4, /^error: nosuch.pt does not exist\. Check/],
    ["inspect", "nosuch.safetensors", 4, /^error: nosuch.safetensors does not exist/],
    ["generate", "edm-cifar10-32x32-cond-vp.pkl", 6, /found a pickle of Python objects.*NVlabs/],
    ["inspect", "edm-cifar10-32x32-cond-vp.pkl", 6, /found a pickle of Python objects.*NVlabs/],
    ["generate", "cd_pointer.pt", 6, /found a Git LFS pointer.*`git lfs pull`/],
    ["generate", "ddpm/unet/diffusion_pytorch_model.safetensors", 3, /Name the folder: ddpm\.$/],
    ["inspect", "ddpm/unet/diffusion_pytorch_model.safetensors", 3, /Name the folder: ddpm\.$/],
    ["generate", "ddpm/unet", 4, /found the config.json of a UNet2DModel.*Name the folder above it/],
    ["generate", "ddpm/scheduler", 4, /found the config of a scheduler/],
    ["generate", "training", 4, /found checkpoint-500\/unet\/ without a pipeline around it/],
    ["generate", "training/checkpoint-500", 4, /found unet\/ without a pipeline around it/],
    [
      "generate",
      "state",
      4,
      /found a state of training that accelerate saved \(optimizer.bin, random_states_0.pkl\)/,
    ],
    ["generate", "above", 4, /found a pipeline in model\/.*Name that folder: above\/model/],
  ])("%s %s", async (command, model, expectedCode, message) => {
    const at = folder();
    await cp(ddpmFolder, join(at, "ddpm"), { recursive: true });
    await cp(ddpmFolder, join(at, "above/model"), { recursive: true });
    await cp(join(ddpmFolder, "unet"), join(at, "training/checkpoint-500/unet"), { recursive: true });
    await mkdir(join(at, "state"));
    for (const name of ["optimizer.bin", "pytorch_model.bin", "random_states_0.pkl", "scheduler.bin"]) {
      await writeFile(join(at, "state", name), "x");
    }
    await writeFile(join(at, "edm-cifar10-32x32-cond-vp.pkl"), Uint8Array.of(0x80, 4, 0x95, 1, 2, 3, 0, 0));
    await writeFile(
      join(at, "cd_pointer.pt"),
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
    );
    const { exitCode, error } = await run(
      command,
      model,
      ...(command === "generate" ? ["--out", "a.png"] : []),
    );
    expect(error).toMatch(message);
    expect(exitCode).toBe(expectedCode);
  });

  it.each(["x.pt", "x.safetensors", "x.ckpt"])("is that of a folder where one is called %s", async (name) => {
    await cp(ddpmFolder, join(folder(), "copy"), { recursive: true });
    await rename(join(folder(), "copy"), join(folder(), name));
    expect(await run("inspect", name)).toMatchObject({ exitCode: 0 });
  });

  it("is not that of a file where an option is for one", async () => {
    const { exitCode, error } = await run("generate", ddpmFolder, "--sample-size", "16");
    expect(error).toMatch(/--sample-size: found a model in diffusers' layout/);
    expect(exitCode).toBe(2);
  });
});

describe("a pipeline that was saved inside of a wrapper", () => {
  it.each([
    ["torch._dynamo.eval_frame", "OptimizedModule"],
    ["torch.nn.parallel.distributed", "DistributedDataParallel"],
  ])("%s.%s is loaded as what is in it", async (library, className) => {
    const at = join(folder(), "wrapped");
    await cp(ddpmFolder, at, { recursive: true });
    const path = join(at, "model_index.json");
    const index = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...index, unet: [library, className] }));
    const { exitCode, stdout } = await run("inspect", "wrapped");
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain("Cannot run");
    expect(await run("generate", "wrapped", "--steps", "1", "--out", "a.png")).toMatchObject({ exitCode: 0 });
  });
});
